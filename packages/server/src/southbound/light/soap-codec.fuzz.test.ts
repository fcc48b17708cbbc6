import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz } from "@heliograph/testkit";
import { envelopeText, informText, transferCompleteText, valuesText } from "../../../test/envelopes.ts";
import { callId } from "../../ports/index.ts";
import { soapBinding } from "./soap-codec.ts";

const MAX_BYTES = 8_192;
const binding = soapBinding(MAX_BYTES);
const reading = {
  callId: callId("a1"),
  method: "GetParameterValues",
  params: { ParameterNames: ["Device."] },
};
const seeds = [
  informText({ parameters: { "Device.X": "1" } }),
  valuesText(),
  valuesText(null),
  transferCompleteText(),
  envelopeText("<s:Fault><detail><cwmp:Fault><FaultCode>9005</FaultCode></cwmp:Fault></detail></s:Fault>"),
  envelopeText("<cwmp:GetRPCMethods/>", { declaration: true }),
];
const tokens = [
  "<",
  ">",
  "</",
  "&amp;",
  "<![CDATA[",
  "<!DOCTYPE a>",
  "<cwmp:ID>",
  "</cwmp:ID>",
  "Response",
  "Fault",
  "Inform",
  "__proto__",
];

/** What is said can be answered. */
function judge(text: string): void {
  const codec = binding.open({ url: () => undefined, style: undefined });
  codec.writeCall(reading);
  for (const said of codec.read(text)) {
    if (said.type === "unreadable") assert.ok([1003, 1009].includes(said.code));
    else if (said.type === "request")
      assert.ok(said.id !== undefined && codec.writeFault(said.id, { code: 8005, message: "later" }));
    else if (said.type === "refused") assert.ok(codec.writeFault(said.id ?? null, said.fault));
    else assert.ok(said.type === "answer" || said.type === "nothing");
  }
}

test("whatever a device says is taken for a request, an answer, a refusal, or the end of the connection", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 2_000, maxChars: 2 * MAX_BYTES }));
