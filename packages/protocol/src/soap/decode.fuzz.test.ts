import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { testData } from "../../test/test-data.ts";
import { defaultLimits } from "../limits.ts";
import { problems } from "../problems.ts";
import { decodeEnvelope } from "./decode.ts";
import { encodeAnswer, encodeFault, encodeRequest } from "./encode.ts";
import type { Role, SoapEnvelope } from "./envelope.ts";

const roles = ["acs", "device"] satisfies readonly Role[];
/** A published message is cut up only where much of it is left then. */
const MOST_CHARS = 16_384;

const seeds = messagesIn(join(import.meta.dirname, "../../test/fixtures"));
const tokens = [
  ...["<cwmp:", "</", "/>", "<", ">", "]]>", "<![CDATA[", "<!--", "&#0;", "&#10;", "&amp;", "&"],
  ...[
    ' xsi:nil="1"',
    ' xsi:type="',
    "xsd:base64",
    "xsd:dateTime",
    "xsd:boolean",
    "string(64)",
    "(",
    "\u2028",
  ],
  ...["<Name>", "</Name>", "<Value>", "</Value>", "<Fault>", "<detail>", "</detail>", "<FaultCode>"],
  ...["<SetParameterValuesFault>", "<EventStruct>", "<EventCode>", "<DeviceId>", "Response", "Device.", "."],
];

function messagesIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".xml"))
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .filter(({ length }) => length <= MOST_CHARS);
}

/** For either reader a message or a declared problem; written in its one form, it is read as what is written the same. */
function judge(text: string): void {
  for (const role of roles) {
    const read = decodeEnvelope(text, { role, limits: defaultLimits });
    if (!read.ok) {
      assert.ok(Object.hasOwn(problems, read.problem.reason) && read.problem.detail !== "");
      continue;
    }
    const { body } = read.value;
    if (body.kind === "malformed") assert.ok(Object.hasOwn(problems, body.problem.reason));
    const first = written(read.value, role);
    if (first === undefined) continue;
    const again = decodeEnvelope(first, { role, limits: defaultLimits });
    assert.ok(again.ok, "what was read cannot be written");
    assert.equal(again.value.body.kind, body.kind);
    assert.equal(written(again.value, role), first);
  }
}

/** As its sender would write it; undefined for what no sender means. */
function written({ id, namespace, header, style, body }: SoapEnvelope, role: Role): string | undefined {
  const frame = { ...(id === undefined ? {} : { id }), namespace, header, style };
  switch (body.kind) {
    case "request":
      return encodeRequest({ ...frame, request: body });
    case "answer":
      return encodeAnswer({ ...frame, ...body });
    case "fault":
      return encodeFault({ ...frame, fault: body.fault, role: role === "acs" ? "device" : "acs" });
    case "unknown-method":
    case "malformed":
      return undefined;
  }
}

test("any text gives a message, which is the same when it is written and read again, or a declared problem", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 1_500, maxChars: MOST_CHARS }));

test("what is left of a published message gives a message or a declared problem", (t: TestContext) => {
  const folder = testData(t, "real");
  if (folder === undefined) return undefined;
  return fuzz(t, { seeds: messagesIn(folder), tokens, judge, runs: 500, maxChars: MOST_CHARS });
});

test("the time for any text grows no faster than the text", () => {
  const [before, after] = ["<Envelope><Body><cwmp:", "</Body></Envelope>"];
  growsLinearly({
    tokens,
    frames: [
      [
        `${before}SetParameterValues><ParameterList><S><Name>A</Name><Value `,
        `</cwmp:SetParameterValues>${after}`,
      ],
      [`${before}X_A><a xsi:type="`, `&#10;x"/></cwmp:X_A>${after}`],
      [`${before}Fault><detail>`, `</detail></cwmp:Fault>${after}`],
      ["<Envelope><Header><SupportedCWMPVersions>", `</SupportedCWMPVersions></Header>${after}`],
    ],
    read: (text) => decodeEnvelope(text, { role: "device", limits: defaultLimits }),
  });
});
