/** `text`, of which at most `maxBytes` of UTF-8 are kept, whole code points; a last line says how much was left out. */
export function cutText(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= maxBytes) return text;
  const { read, written } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return `${text.slice(0, read)}\n… ${sizeBytes - written} bytes more were left out`;
}
