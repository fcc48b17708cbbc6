import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits } from "../limits.ts";
import type { Fault } from "../rpc/table.ts";
import { decodeEnvelope } from "./decode.ts";
import { encodeFault } from "./encode.ts";
import type { Role } from "./envelope.ts";

const own: readonly (readonly [role: Role, first: number, last: number, other: readonly number[]])[] = [
  ["acs", 8000, 8899, [0, 7999, 8900, 9000, 9899]],
  ["device", 9000, 9899, [0, 8000, 8899, 8999, 9900]],
];
for (const [role, first, last, other] of own) {
  test(`faults of the ${role} are written from ${first} to ${last}, others as its internal error [CWMP-FAULT-1, CWMP-FAULT-2]`, () => {
    for (let code = first; code <= last; code += 1) assert.equal(writtenCode(role, code), code);
    for (const code of other) assert.equal(writtenCode(role, code), first + 2);
  });
}

for (const code of [9033, 9850, 9900, 700, -1]) {
  test(`a fault ${code} that is in no list is taken as it came [CWMP-FAULT-7]`, () => {
    const read = readFault(`<FaultCode>${code}</FaultCode><FaultString>odd</FaultString>`);
    assert.deepEqual(read, { code, message: "odd" });
  });
}

for (const [faultcode, faultstring] of [
  ["Client", "CWMP fault"],
  ["s:Client", "CWMP fault"],
  ["Server", "cwmp Fault"],
  ["s:Server", "Something else"],
  ["", ""],
] as const) {
  test(`a fault is taken from "${faultcode}" that says "${faultstring}" [CWMP-SOAP-10, CWMP-SOAP-11]`, () => {
    const cwmp = "<FaultCode>9005</FaultCode><FaultString>Invalid parameter name</FaultString>";
    assert.deepEqual(readFault(cwmp, { faultcode, faultstring }), {
      code: 9005,
      message: "Invalid parameter name",
    });
  });
}

test("a fault holds as many faults of parameters as there are [CWMP-SOAP-12]", () => {
  const refused = ["A", "B", "C"].map((name) => ({
    ParameterName: `Device.${name}`,
    FaultCode: 9007,
    FaultString: `${name} is odd`,
  }));
  for (const count of [1, 2, 3]) {
    const data = { SetParameterValuesFault: refused.slice(0, count) };
    const fault: Fault = { code: 9003, message: "Invalid arguments", data };
    const text = encodeFault({ id: "1", namespace: "urn:dslforum-org:cwmp-1-0", role: "device", fault });
    const read = decodeEnvelope(text, { role: "acs", limits: defaultLimits });
    assert.ok(read.ok);
    assert.deepEqual(read.value.body, { kind: "fault", fault });
  }
});

test("a list of parameters' faults that holds none tells of none", () => {
  const empty = "<SetParameterValuesFault/>";
  const fault = readFault(`<FaultCode>9003</FaultCode><FaultString>no</FaultString>${empty}`);
  assert.deepEqual(fault, { code: 9003, message: "no" });
});

function writtenCode(role: Role, code: number): number {
  const fault = { code, message: "m" };
  const text = encodeFault({ namespace: "urn:dslforum-org:cwmp-1-0", role, fault });
  return Number(/<FaultCode>(.*)<\/FaultCode>/.exec(text)?.[1]);
}

function readFault(cwmp: string, { faultcode = "Client", faultstring = "CWMP fault" } = {}): Fault {
  const text =
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>' +
    `<faultcode>${faultcode}</faultcode><faultstring>${faultstring}</faultstring>` +
    `<detail><Fault>${cwmp}</Fault></detail></s:Fault></s:Body></s:Envelope>`;
  const read = decodeEnvelope(text, { role: "acs", limits: defaultLimits });
  assert.ok(read.ok && read.value.body.kind === "fault");
  return read.value.body.fault;
}
