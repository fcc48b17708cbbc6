/** Outside the Char production of XML [XML 1.0 2.2], lone surrogates aside. */
const ILLEGAL_UNIT = /[\0-\x08\v\f\x0E-\x1F\uFFFE\uFFFF]/;
const ILLEGAL = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** Real devices send control characters in values, and NULs after the end; XML has no way to write them. */
export function dropIllegal(text: string): string {
  // Two quick looks, since nearly every text is clean.
  return text.isWellFormed() && !ILLEGAL_UNIT.test(text) ? text : text.replaceAll(ILLEGAL, "");
}

/** Every line end as `\n` [XML 1.0 2.11]. */
export function joinLineEnds(text: string): string {
  return text.includes("\r") ? text.replaceAll(/\r\n?/g, "\n") : text;
}
