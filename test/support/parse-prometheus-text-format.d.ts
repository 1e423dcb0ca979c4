declare module "parse-prometheus-text-format" {
  type Sample = { readonly value: string; readonly labels?: { readonly [name: string]: string } };
  type Family = {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly metrics: readonly Sample[];
  };
  /** Of a histogram with labels it keeps only one: give it such a one as untyped. */
  function parse(text: string): readonly Family[];
  export default parse;
}
