import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defaultLimits } from "../limits.ts";
import { dropIllegal } from "./characters.ts";
import { attributeOf } from "./element.ts";
import { readXml } from "./reader.ts";
import { escapeAttribute, escapeXml, textElement, wrapElement } from "./writer.ts";

test("what has a meaning in markup is written as references", () => {
  assert.equal(escapeXml(`a<b>&"c"\r\n`), "a&lt;b&gt;&amp;&quot;c&quot;&#13;\n");
  assert.equal(escapeAttribute("a\tb\nc"), "a&#9;b&#10;c");
});

test("characters that XML cannot carry are left out", () => {
  assert.equal(escapeXml("a\u0000b\u001Fc\uFFFEd\uD800e😀"), "abcde😀");
});

test("an element without content is written short", () => {
  assert.equal(wrapElement("a", ""), "<a/>");
  assert.equal(wrapElement("a", "<b/>", ' c="d"'), '<a c="d"><b/></a>');
  assert.equal(textElement("a", ""), "<a></a>");
});

test("any text reads back as it was, but for characters that XML cannot carry", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const document = readXml(textElement("a", text, ` b="${escapeAttribute(text)}"`), defaultLimits);
      assert.ok(document.ok);
      assert.equal(document.value.text, dropIllegal(text));
      assert.equal(attributeOf(document.value, "b"), dropIllegal(text));
    }),
    { seed: 20_260_102, numRuns: 2000 },
  );
});
