import { describe, expect, test } from "vitest";
import { resultEnd } from "../../src/tools/tool-end.ts";

const LIMITS = { maxBytes: 100, maxMediaBytes: 10 };
const PNG = Buffer.from("a png");
const image = { type: "image", mediaType: "image/png", data: PNG.toString("base64") };
const file = { type: "file", mediaType: "text/csv", filename: "a.csv", data: PNG };

describe("a result with an image or a file", () => {
  test("a part alone is content, and words", () => {
    expect(resultEnd(image, LIMITS)).toEqual({
      result: "[image: image/png, 5 bytes]",
      content: [image],
    });
  });

  test("parts keep their order and what they say of themselves", () => {
    const detailed = { ...image, detail: "low" };
    expect(resultEnd([{ type: "text", text: "see" }, detailed, file], LIMITS)).toEqual({
      result: "see\n[image: image/png, 5 bytes]\n[file: a.csv, text/csv, 5 bytes]",
      content: [{ type: "text", text: "see" }, detailed, { ...file, data: image.data }],
    });
  });

  test.each([
    ["a Buffer", PNG],
    [
      "a view of a larger buffer",
      new Uint8Array(Buffer.from("xa pngx").buffer.slice(0)).subarray(0),
    ],
    ["an ArrayBuffer", PNG.buffer.slice(PNG.byteOffset, PNG.byteOffset + PNG.byteLength)],
  ])("%s becomes base64", (_, data) => {
    const expected = Buffer.from(data as Uint8Array).toString("base64");
    const end = resultEnd({ ...image, data }, { maxBytes: 100, maxMediaBytes: 1_000_000 });
    expect(end.content).toEqual([{ ...image, data: expected }]);
  });

  test("base64 in lines is one text", () => {
    const data = `${image.data.slice(0, 4)}\r\n${image.data.slice(4)}\n`;
    expect(resultEnd({ ...image, data }, LIMITS).content).toEqual([image]);
  });

  test("one by URL is passed on", () => {
    const linked = { type: "image", url: "https://a.example/b.png" };
    expect(resultEnd(linked, LIMITS)).toEqual({
      result: "[image: https://a.example/b.png]",
      content: [linked],
    });
  });

  test("what would be too much is replaced by words, and what fits stays", () => {
    const { result, content, error } = resultEnd([image, { ...file, data: PNG }, image], LIMITS);
    expect(error).toBeUndefined();
    expect(content).toHaveLength(3);
    expect(content?.[2]).toEqual({
      type: "text",
      text: "[image: image/png, 5 bytes, left out: a result may have 10 bytes of images and files (maxToolMediaBytes)]",
    });
    expect(result).toContain("left out");
  });

  test("a result of which nothing fits is words alone", () => {
    const end = resultEnd(image, { maxBytes: 1_000, maxMediaBytes: 0 });
    expect(end.content).toBeUndefined();
    expect(end.result).toContain("left out: a result may have 0 bytes");
  });

  test("texts are cut, all of them together", () => {
    const long = { type: "text", text: "x".repeat(80) };
    const { content = [] } = resultEnd([long, image, long, long], LIMITS);
    const texts = content.map((part) => (part.type === "text" ? part.text : part.type));
    expect(texts).toEqual([long.text, "image", `${"x".repeat(20)}\n… 60 bytes more were left out`]);
  });

  test.each<[string, unknown]>([
    [
      "a list of files",
      [
        { type: "file", name: "a" },
        { type: "directory", name: "b" },
      ],
    ],
    ["found pages", [{ type: "file", url: "https://a.example", title: "A" }]],
    ["texts alone", [{ type: "text", text: "a" }]],
    ["an empty array", []],
    ["a file with its own data", { type: "file", data: { size: 1 } }],
  ])("%s is plain data", (_, value) => {
    expect(resultEnd(value, LIMITS)).toEqual({ result: JSON.stringify(value) });
  });

  test.each<[string, unknown, string]>([
    ["no base64", { ...image, data: "a png!" }, "the data of it must be base64"],
    ["nothing as base64", { ...image, data: "" }, "the data of it must be base64"],
    ["no bytes", { ...image, data: new Uint8Array() }, "the data of it is empty"],
    ["a data: URL", { ...image, data: `data:image/png;base64,${image.data}` }, "data: URL"],
    ["bytes without a media type", { type: "image", data: PNG }, "the mediaType of it"],
    ["an image that is none", { ...image, mediaType: "text/plain" }, "such as image/png"],
    [
      "another SDK's name",
      { type: "image", mimeType: "image/png", data: "YQ==" },
      '"mediaType" is meant',
    ],
    [
      "data and a URL",
      { ...image, url: "https://a.example" },
      "either data with a mediaType, or a url",
    ],
    ["a file: URL", { type: "image", url: "file:///a.png" }, "http: or https:"],
    ["another detail", { ...image, detail: "full" }, '"auto", "low" or "high"'],
    ["a text among parts", [image, "text"], "part 2 must be of type text, image or file"],
    ["a part without its text", [image, { type: "text" }], "part 2 must have a text"],
  ])("%s is TOOL_RESULT_INVALID, which says where and what", (_, value, why) => {
    const { result, content, error } = resultEnd(value, LIMITS);
    expect(error).toMatchObject({ code: "TOOL_RESULT_INVALID" });
    expect(error?.message).toContain(why);
    expect(content).toBeUndefined();
    expect(result).toMatch(/^Error: the tool's result cannot be shown/);
  });
});
