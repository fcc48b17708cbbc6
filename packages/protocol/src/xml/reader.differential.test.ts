import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SaxesParser } from "saxes";
import { defaultLimits } from "../limits.ts";
import type { XmlElement } from "./element.ts";
import { readXml } from "./reader.ts";
import { escapeAttribute, escapeXml } from "./writer.ts";

const SEED = 20_260_101;

/** What both readers make of a document. */
interface Tree {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Tree[];
  text: string;
}

/** A piece of a document: a comment, a CDATA section, an instruction, a tag, or text. */
const PIECE = /<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>|<\?[^]*?\?>|<(?:"[^"]*"|'[^']*'|[^"'>])*>|[^<]+/g;

/**
 * Everything in which this reader is kinder than XML, each mended so that a strict reader takes it, too. Together with the
 * properties below they say: where this reader accepts more, it is for one of these reasons and no other.
 */
const tolerances: readonly (readonly [name: string, mend: (piece: string) => string])[] = [
  ["comments and instructions of any form, a late or odd XML declaration among them", dropAsides],
  [
    "an & that starts no reference",
    (piece) => (isCdata(piece) ? piece : piece.replaceAll(BARE_AMPERSAND, "&amp;")),
  ],
  [
    "references to characters that XML does not allow",
    (piece) => (isCdata(piece) ? piece : piece.replaceAll(CHARACTER, dropBad)),
  ],
  ["]]> in text", (piece) => (isCdata(piece) ? piece : piece.replaceAll("]]>", "]]&gt;"))],
];
const ILLEGAL = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
const BARE_AMPERSAND = /&(?!(?:#[0-9]+|#x[0-9A-Fa-f]+|[A-Za-z_:][\w:.-]*);)/g;
const CHARACTER = /&#(x?)([0-9A-Fa-f]+);/g;

function dropAsides(piece: string): string {
  return piece.startsWith("<!--") || piece.startsWith("<?") ? "" : piece;
}

function isCdata(piece: string): boolean {
  return piece.startsWith("<![CDATA[");
}

function dropBad(reference: string, x: string, digits: string): string {
  const code = Number.parseInt(digits, x === "" ? 10 : 16);
  const isBad = code > 0x10ffff || code === 0xfffe || code === 0xffff || (code >= 0xd800 && code <= 0xdfff);
  return isBad || (code < 0x20 && ![9, 10, 13].includes(code)) ? "" : reference;
}

/** Besides the tolerances of pieces: characters that XML does not allow, and white space of any kind outside the root. */
function mended(text: string): string {
  const pieces: readonly string[] = text.replaceAll(ILLEGAL, "").match(PIECE) ?? [];
  const mend = (piece: string): string => tolerances.reduce((mending, [, by]) => by(mending), piece);
  return pieces.map(mend).join("").trim();
}

function bySaxes(text: string): Tree | undefined {
  const parser = new SaxesParser();
  const open: Tree[] = [{ name: "", attributes: {}, children: [], text: "" }];
  const refusals: unknown[] = [];
  parser.on("error", (error) => refusals.push(error));
  parser.on("doctype", (doctype) => refusals.push(doctype));
  parser.on("opentag", ({ name, attributes }) => {
    const tree = { name, attributes: { ...attributes }, children: [], text: "" };
    open.at(-1)?.children.push(tree);
    open.push(tree);
  });
  parser.on("closetag", () => open.pop());
  for (const event of ["text", "cdata"] as const) {
    parser.on(event, (data) => {
      const current = open.at(-1);
      if (current !== undefined) current.text += data;
    });
  }
  parser.write(text).close();
  return refusals.length === 0 ? open[0]?.children[0] : undefined;
}

function byUs(text: string): Tree | undefined {
  const document = readXml(text, defaultLimits);
  return document.ok ? treeOf(document.value) : undefined;
}

function treeOf({ name, attributes, children, text }: XmlElement): Tree {
  const named = Object.fromEntries(attributes.map((attribute) => [attribute.name, attribute.value]));
  return { name, attributes: named, children: children.map(treeOf), text };
}

const name = fc.constantFrom("a", "b", "s:a", "Parameter-Value.Struct", "_x", "é");
const content = fc.string({ unit: fc.constantFrom(..."ab <>&'\"\t\n\r;#]é\u0085".split(""), "😀") });

const element = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .record({
      name,
      attributes: fc.uniqueArray(fc.tuple(name, content), { selector: ([key]) => key, maxLength: 3 }),
      content: fc.array(
        fc.oneof({ weight: 3, arbitrary: content.map(escapeXml) }, asides(), tie("element")),
        { maxLength: 4 },
      ),
    })
    .map(({ name: tag, attributes, content: parts }) => {
      const written = attributes.map(([key, value]) => ` ${key}="${escapeAttribute(value)}"`).join("");
      return `<${tag}${written}>${parts.join("")}</${tag}>`;
    }),
})).element;

function asides(): fc.Arbitrary<string> {
  return fc.constantFrom("<!-- < & -->", "<?pi x?>", "<![CDATA[<a>&amp;]]>", "\r\n", "&#xA;", "&amp;");
}

const soup = fc
  .array(
    fc.constantFrom(
      ...[
        "<a>",
        "</a>",
        "<b c='d'>",
        "</b>",
        "<a/>",
        "<b x=\"1\" y='>'/>",
        "<s:a xmlns:s='u'>",
        "</s:a>",
        "<a ",
        "/>",
        ">",
      ],
      ...[
        "&amp;",
        "&",
        "&lt;",
        "&#65;",
        "&#2;",
        "&#x1F600;",
        "&#xD800;",
        "&x;",
        "]]>",
        "<![CDATA[",
        "<!--",
        "-->",
        "--",
      ],
      ...[
        "<?xml version='1.0'?>",
        "<?",
        "?>",
        "<!DOCTYPE a>",
        "<!",
        "<",
        "'",
        '"',
        "=",
        " ",
        "\n",
        "\r\n",
        "x",
        "\u0000",
        "\uFEFF",
      ],
    ),
    { maxLength: 14 },
  )
  .map((pieces) => pieces.join(""));

test("what is well-formed reads as a library reads it", () => {
  fc.assert(
    fc.property(element, (text) => {
      const expected = bySaxes(text);
      assert.ok(expected !== undefined);
      assert.deepEqual(byUs(text), expected);
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test("a soup of markup is refused by both, read alike by both, or taken for a tolerance that is named", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        soup,
        soup.map((inner) => `<a>${inner}</a>`),
      ),
      (text) => {
        const ours = byUs(text);
        const theirs = bySaxes(text);
        if (theirs !== undefined) assert.deepEqual(ours, theirs);
        else if (ours !== undefined) assert.deepEqual(ours, bySaxes(mended(text)));
      },
    ),
    { seed: SEED, numRuns: 50_000 },
  );
});

test("any text gives a tree or a declared problem, in time that grows no faster than the text", () => {
  const started = performance.now();
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      const document = readXml(`<a b="${text}">${text}</a>`, defaultLimits);
      assert.ok(
        document.ok || ["not-xml", "forbidden-markup", "over-limit"].includes(document.problem.reason),
      );
    }),
    { seed: SEED, numRuns: 5000 },
  );
  for (const piece of [
    "<a>",
    "<a ",
    "<a b='",
    "&",
    "&#",
    "<!--",
    "<?",
    "]]>",
    "<![CDATA[",
    "\r",
    " ",
    "x='' ",
    "<a/>",
    "</a>",
  ]) {
    readXml(`<a ${piece.repeat(100_000)}`, defaultLimits);
    readXml(`<a>${piece.repeat(100_000)}`, defaultLimits);
  }
  assert.ok(performance.now() - started < 10_000);
});
