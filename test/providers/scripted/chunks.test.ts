import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutEvenly, cutLikeTokens } from "../../../src/providers/scripted/chunks.ts";

const anyText = fc.string({ unit: "grapheme", maxLength: 60 });
const lengthOf = (text: string) => [...text].length;

describe("cutEvenly()", () => {
  test("cuts into as many pieces as asked for, about equal, and loses nothing", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 80 }), (text, count) => {
        const pieces = cutEvenly(text, count);
        expect(pieces.join("")).toBe(text);
        expect(pieces).toHaveLength(Math.min(count, lengthOf(text)));
        const lengths = pieces.map(lengthOf);
        if (lengths.length > 0) expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThan(2);
      }),
    );
  });

  test("never cuts inside a character", () => {
    expect(cutEvenly("a😀b😀", 4)).toEqual(["a", "😀", "b", "😀"]);
    expect(cutEvenly("😀", 2)).toEqual(["😀"]);
  });

  test("nothing is cut into nothing", () => {
    expect(cutEvenly("", 5)).toEqual([]);
  });
});

describe("cutLikeTokens()", () => {
  test("cuts into pieces of 1 to 8 characters, and loses nothing", () => {
    fc.assert(
      fc.property(anyText, fc.integer(), (text, seed) => {
        const pieces = cutLikeTokens(text, seed);
        expect(pieces.join("")).toBe(text);
        for (const piece of pieces) {
          expect(lengthOf(piece)).toBeGreaterThanOrEqual(1);
          expect(lengthOf(piece)).toBeLessThanOrEqual(8);
        }
      }),
    );
  });

  test("the same seed cuts the same, another one otherwise", () => {
    const text = "The quick brown fox jumps over the lazy dog. ".repeat(20);
    expect(cutLikeTokens(text, 1)).toEqual(cutLikeTokens(text, 1));
    expect(cutLikeTokens(text, 1)).not.toEqual(cutLikeTokens(text, 2));
  });

  test("pieces of every length come", () => {
    const lengths = cutLikeTokens("x".repeat(1_000), 1).map(lengthOf);
    expect([...new Set(lengths)].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
