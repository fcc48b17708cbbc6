import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { defaultLimits } from "../limits.ts";
import { problems } from "../problems.ts";
import type { XmlElement } from "./element.ts";
import { readXml } from "./reader.ts";
import { escapeAttribute, escapeXml } from "./writer.ts";

const seeds = [
  '<?xml version="1.0" encoding="UTF-8"?>\r\n<s:a xmlns:s="urn:s" b=\'c\'>text<d/>more</s:a>',
  '<a xmlns="urn:a"><!-- < & --><b>&amp;&#65;&#x1F600;</b><![CDATA[<raw>&amp;]]><?pi x?></a>',
  "<Parameter-Value.Struct _x='1' y=\"2\"><é/>\n\t</Parameter-Value.Struct>",
];
const tokens = [
  ...[
    "<",
    ">",
    "</",
    "/>",
    "<a>",
    "</a>",
    "<a ",
    "<a/>",
    "<!",
    "<?",
    "?>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
  ],
  ...["<!DOCTYPE a [<!ENTITY b 'c'>]>", "&", ";", "&b;", "&amp;", "&#0;", "&#x110000;", "&#xD800;", "&#10;"],
  ...["xmlns=''", "xmlns:a='u'", " b='", ' c="', "x='' "],
];

/** A tree or a declared problem; a tree is written, and read as the same. */
function judge(text: string): void {
  const read = readXml(text, defaultLimits);
  if (!read.ok) {
    assert.ok(Object.hasOwn(problems, read.problem.reason));
    assert.match(read.problem.at, /^\d+$/);
    assert.ok(Number(read.problem.at) <= text.length);
    return;
  }
  const again = readXml(written(read.value), defaultLimits);
  assert.ok(again.ok, "what was read cannot be written");
  assert.deepEqual(bare(again.value), bare(read.value));
}

function written({ name, attributes, text, children }: XmlElement): string {
  const pairs = attributes.map((attribute) => ` ${attribute.name}="${escapeAttribute(attribute.value)}"`);
  return `<${name}${pairs.join("")}>${escapeXml(text)}${children.map(written).join("")}</${name}>`;
}

function bare({ name, attributes, text, children }: XmlElement): unknown {
  return { name, attributes, text, children: children.map(bare) };
}

test("any text gives a tree, which is the same when it is written and read again, or a declared problem", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 4_000 }));

test("the time for any text grows no faster than the text", () => {
  growsLinearly({
    tokens,
    frames: [
      ["", ""],
      ["<a>", "</a>"],
      ["<a b='", "'/>"],
    ],
    read: (text) => readXml(text, defaultLimits),
  });
});
