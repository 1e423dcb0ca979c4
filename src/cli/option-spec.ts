/** One option of the command: what the parser accepts and what `--help` shows. */
export type OptionSpec = {
  readonly name: string;
  readonly short?: string;
  /** What stands for the value in `--help`. Left out: a switch. */
  readonly value?: string;
  readonly group: OptionGroup;
  readonly help: readonly string[];
};

export type OptionGroup =
  | "Input"
  | "Model"
  | "Tools"
  | "Limits"
  | "Running"
  | "Output"
  | "Going on"
  | "Chat"
  | "Stress"
  | "Serve"
  | "Help";

/** A number's range, both ends included. `whole` refuses fractions. */
export type Bounds = { readonly least: number; readonly most: number; readonly whole: boolean };
