import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits } from "../limits.ts";
import type { ProblemReason } from "../problems.ts";
import { attributeOf, childOf, namespaceOf, type XmlElement } from "./element.ts";
import { readXml } from "./reader.ts";

function read(text: string): XmlElement {
  const document = readXml(text, defaultLimits);
  assert.ok(document.ok, document.ok ? "" : `${document.problem.at}: ${document.problem.detail}`);
  return document.value;
}

test("names are taken apart, attributes and text are resolved", () => {
  const root = read(
    `<s:a x='1 > 0' s:y="q &quot;&#x41;&#66;&apos;">t &lt;&amp;&gt;<b/>u<![CDATA[<&]]></s:a>`,
  );
  assert.equal(root.name, "s:a");
  assert.equal(root.prefix, "s");
  assert.equal(root.local, "a");
  assert.equal(root.text, "t <&>u<&");
  assert.deepEqual(root.attributes, [
    { name: "x", prefix: "", local: "x", value: "1 > 0" },
    { name: "s:y", prefix: "s", local: "y", value: `q "AB'` },
  ]);
  assert.deepEqual(
    root.children.map((child) => child.name),
    ["b"],
  );
});

test("a prefix is resolved by the nearest declaration, also where it is declared on the root only", () => {
  const root = read(`<a xmlns="d" xmlns:p="one"><b xmlns:p="two"><p:c/></b><p:d/></a>`);
  const [b, d] = root.children;
  assert.ok(b !== undefined && d !== undefined);
  assert.equal(namespaceOf(childOf(b, "c")?.scope ?? root.scope, "p"), "two");
  assert.equal(namespaceOf(d.scope, "p"), "one");
  assert.equal(namespaceOf(d.scope, ""), "d");
  assert.equal(namespaceOf(d.scope, "unbound"), undefined);
});

test("prefixes need not be bound, and attributes are found whatever theirs is", () => {
  const root = read(`<no:where xsi:type="xsd:string" soap:mustUnderstand='1'/>`);
  assert.equal(root.local, "where");
  assert.equal(attributeOf(root, "type"), "xsd:string");
  assert.equal(attributeOf(root, "mustUnderstand"), "1");
  assert.equal(attributeOf(root, "absent"), undefined);
});

test("white space in attributes reads as spaces and line ends as line feeds, but not when written as references", () => {
  const root = read(`<a b="1\t2\r\n3\n4&#10;5">x\r\ny\rz&#13;</a>`);
  assert.equal(attributeOf(root, "b"), "1 2 3 4\n5");
  assert.equal(root.text, "x\ny\nz\r");
});

const kind: readonly (readonly [what: string, text: string, expected: string])[] = [
  ["a declaration after blank lines", `\n\n<?xml version="1.0"?><a>t</a>`, "t"],
  ["a byte order mark", `\uFEFF<?xml version="1.0"?><a>t</a>`, "t"],
  [
    "a declaration over several lines",
    `<?xml\n version='1.0'\n encoding="x" standalone = "no" ?>\n<a>t</a>`,
    "t",
  ],
  ["two declarations", `<?xml version="1.0"?><?xml version="1.0"?><a>t</a>`, "t"],
  ["comments and instructions anywhere", `<!-- a -- b --><a><?x y?>t<!-- < & --></a><!-- c -->\n`, "t"],
  ["a bare ampersand", `<a>http://x/?a=1&b=2 & c&</a>`, "http://x/?a=1&b=2 & c&"],
  ["control characters in values", `<a>x\u0002y\u0000&#2;&#x0;z</a>`, "xyz"],
  ["NULs after the end", `<a>t</a>\n\u0000\u0000`, "t"],
  ["halves of surrogate pairs", `<a>x\uD800y&#xDFFF;z</a>`, "xyz"],
  ["characters beyond the basic plane", `<a>😀&#x1F600;</a>`, "😀😀"],
  ["the end of a CDATA section in text", `<a>x]]>y</a>`, "x]]>y"],
  ["white space in an end tag", `<a>t</a \n>`, "t"],
];
for (const [what, text, expected] of kind) {
  test(`it is read all the same: ${what}`, () => {
    assert.equal(read(text).text, expected);
  });
}

const refused: readonly (readonly [text: string, reason: ProblemReason, at: number])[] = [
  ["", "not-xml", 0],
  ["   ", "not-xml", 0],
  ["garbage", "not-xml", 0],
  ["<a>", "not-xml", 3],
  ["<a><b></a></b>", "not-xml", 6],
  ["<a></b>", "not-xml", 3],
  ["</a>", "not-xml", 0],
  ["<a/><b/>", "not-xml", 8],
  ["<a/>text", "not-xml", 4],
  ["text<a/>", "not-xml", 0],
  ["<a", "not-xml", 2],
  ["<a b", "not-xml", 3],
  ["<a b=", "not-xml", 3],
  ["<a b=c>", "not-xml", 3],
  ["<a b='c>", "not-xml", 3],
  ["<a b='c'd='e'/>", "not-xml", 8],
  ["<a b='1' b='2'/>", "not-xml", 9],
  ["<a b='<'/>", "not-xml", 3],
  ["<a / >", "not-xml", 3],
  ["<1/>", "not-xml", 0],
  ["< a/>", "not-xml", 0],
  ["<", "not-xml", 0],
  ["<a><![CDATA[x</a>", "not-xml", 3],
  ["<![CDATA[x]]><a/>", "not-xml", 0],
  ["<a><!-- x</a>", "not-xml", 3],
  ["<a><?x </a>", "not-xml", 3],
  ["<!DOCTYPE a><a/>", "forbidden-markup", 0],
  ["<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "forbidden-markup", 0],
  ["<a><!ELEMENT b></a>", "forbidden-markup", 3],
  ["<a>&nbsp;</a>", "forbidden-markup", 3],
  ["<a b='&x;'/>", "forbidden-markup", 3],
];
for (const [text, reason, at] of refused) {
  test(`${JSON.stringify(text)} is refused as ${reason}, at ${at}`, () => {
    const document = readXml(text, defaultLimits);
    assert.ok(!document.ok);
    assert.deepEqual([document.problem.reason, document.problem.at], [reason, String(at)]);
  });
}

const overLimit: readonly (readonly [what: string, text: string])[] = [
  ["characters", `<a>${"x".repeat(1000)}</a>`],
  ["levels", `${"<a>".repeat(9)}${"</a>".repeat(9)}`],
  ["elements", `<a>${"<b/>".repeat(50)}</a>`],
  ["attributes in all", `<a>${'<b c="" d=""/>'.repeat(17)}</a>`],
  ["attributes of one element", `<a ${Array.from({ length: 65 }, (_, i) => `a${i}=""`).join(" ")}/>`],
];
for (const [what, text] of overLimit) {
  test(`too many ${what} are over the limit`, () => {
    const document = readXml(text, { maxChars: 900, maxDepth: 8, maxNodes: 50 });
    assert.ok(!document.ok);
    assert.equal(document.problem.reason, "over-limit");
  });
}

test("a document at the limits is read", () => {
  assert.ok(readXml(`${"<a>".repeat(8)}${"</a>".repeat(8)}`, { maxChars: 56, maxDepth: 8, maxNodes: 8 }).ok);
});
