import assert from "node:assert/strict";
import { after, test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { valuesText } from "../envelopes.ts";
import { RunningServer } from "../running-server.ts";
import {
  assertInformed,
  assertNothing,
  assertSent,
  eventsOf,
  oddDevice,
  oddly,
  ourEnvelope,
  valuesOf,
} from "./messages-odd-device.ts";
import type { Frame, Oddity } from "./messages-odd-device.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

/** What a device writes otherwise in all its messages, and how it is answered. */
type Manner = readonly [kind: string, oddities: readonly Oddity[], frame?: Frame];

const HEADER = /<s:Header>.*<\/s:Header>/s;
const ID = /<cwmp:ID.*<\/cwmp:ID>/s;
const CWMP_1_2 = "urn:dslforum-org:cwmp-1-2";
const DECLARED = ` xmlns:cwmp="${CWMP_1_2}"`;
const SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP_DECLARED = ` xmlns:s="${SOAP}"`;

const withoutId: readonly Manner[] = [
  ["no SOAP Header", [[HEADER, ""]], { id: null }],
  ["a SOAP Header in one tag", [[HEADER, "<s:Header/>"]], { id: null }],
  ["no cwmp:ID", [[ID, "<cwmp:HoldRequests>0</cwmp:HoldRequests>"]], { id: null }],
];
for (const [kind, oddities, frame] of withoutId) {
  test(`a device whose messages have ${kind} is known by its session, and answered [QUIRKS-MESSAGE-10]`, () =>
    isManaged(oddities, frame));
}

const LONG = "x".repeat(2_000);
const oddIds: readonly Manner[] = [
  ["is empty", [[ID, "<cwmp:ID></cwmp:ID>"]], { id: "" }],
  ["is empty, in one tag", [[ID, '<cwmp:ID s:mustUnderstand="1"/>']], { id: "" }],
  ["is 1 in every message", [[ID, "<cwmp:ID>1</cwmp:ID>"]], { id: "1" }],
  ["holds markup", [[ID, "<cwmp:ID>&lt;a b='&amp;'></cwmp:ID>"]], { id: "&lt;a b='&amp;'&gt;" }],
  ["is 2 kB long", [[ID, `<cwmp:ID>${LONG}</cwmp:ID>`]], { id: LONG }],
];
for (const [kind, oddities, frame] of oddIds) {
  test(`a cwmp:ID that ${kind} is given back as it came [QUIRKS-MESSAGE-11]`, () =>
    isManaged(oddities, frame));
}

const ENCODING = 'xmlns:e="http://schemas.xmlsoap.org/soap/encoding/"';
const misunderstood: readonly Manner[] = [
  ["in the encoding's namespace", [["s:mustUnderstand", `${ENCODING} e:mustUnderstand`]]],
  ["in no namespace", [["s:mustUnderstand", "mustUnderstand"]]],
  ["in CWMP's namespace", [["s:mustUnderstand", "cwmp:mustUnderstand"]]],
  [
    "on what nobody knows",
    [["</s:Header>", '<x:Odd xmlns:x="urn:x" s:mustUnderstand="1">y</x:Odd></s:Header>']],
  ],
];
for (const [kind, oddities] of misunderstood) {
  test(`mustUnderstand ${kind} changes nothing [QUIRKS-MESSAGE-13]`, () => isManaged(oddities));
}

for (const version of ["0", "1", "2", "3", "4", "9", "12"]) {
  const namespace = `urn:dslforum-org:cwmp-1-${version}`;
  test(`${namespace} is taken, and answered in kind [QUIRKS-MESSAGE-14]`, () =>
    isManaged([[CWMP_1_2, namespace]], { namespace }));
}

const CWMP_1_0 = { namespace: "urn:dslforum-org:cwmp-1-0" };
const OF_1999 =
  ' xmlns:xsd="http://www.w3.org/1999/XMLSchema" xmlns:xsi="http://www.w3.org/1999/XMLSchema-instance"';
const namespaces: readonly Manner[] = [
  ["CWMP's is missing", [[DECLARED, ""]], CWMP_1_0],
  ["CWMP's is another", [[CWMP_1_2, "urn:broadband-forum-org:cwmp-1-2"]], CWMP_1_0],
  ["SOAP's is missing", [[SOAP_DECLARED, ""]]],
  ["SOAP's is that of SOAP 1.2", [[SOAP, "http://www.w3.org/2003/05/soap-envelope"]]],
  [
    "all are missing",
    [
      [DECLARED, ""],
      [SOAP_DECLARED, ""],
    ],
    CWMP_1_0,
  ],
  [
    "all are missing, with their prefixes",
    [
      [DECLARED, ""],
      [SOAP_DECLARED, ""],
      [/(<\/?)(?:s|cwmp):/g, "$1"],
    ],
    CWMP_1_0,
  ],
  ["CWMP's has every element", [[/(<\/?)([A-Z]\w+)/g, "$1cwmp:$2"]]],
  [
    "CWMP's is the default",
    [
      [DECLARED, ` xmlns="${CWMP_1_2}"`],
      [/(<\/?)cwmp:/g, "$1"],
    ],
  ],
  [
    "those of the schemas are of 1999",
    [
      [DECLARED, DECLARED + OF_1999],
      [/<(Name|Value|EventCode|SerialNumber)>/g, '<$1 xsi:type="xsd:string">'],
    ],
  ],
];
for (const [kind, oddities, frame] of namespaces) {
  test(`of a device's namespaces, ${kind}: its messages are understood [QUIRKS-MESSAGE-15]`, () =>
    isManaged(oddities, frame));
}

test("prefixes that the Envelope alone declares count wherever they are used [QUIRKS-MESSAGE-17]", async () => {
  const prefixes = `xmlns:c="urn:dslforum-org:cwmp-1-1" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" ${ENCODING}`;
  await isManaged(
    [
      [DECLARED, ` ${prefixes} xmlns:x="http://www.w3.org/2001/XMLSchema"`],
      [/cwmp:/g, "c:"],
      ["<Value>", '<Value i:type="x:unsignedInt">'],
      ["<ParameterList>", '<ParameterList e:arrayType="c:ParameterValueStruct[1]">'],
    ],
    { namespace: "urn:dslforum-org:cwmp-1-1" },
    { inform: 7, answer: 1 },
  );
});

const prologs: readonly (readonly [kind: string, prolog: string])[] = [
  ["over several lines", '<?xml\n  version="1.0"\r\n\tencoding="UTF-8"\n  standalone="yes"\n?>\n'],
  ["in single quotes", "<?xml version='1.0' encoding='UTF-8'?>"],
  ["behind white space", '\r\n  <?xml version="1.0"?>'],
  ["with its parts in another order", '<?xml encoding="UTF-8" version="1.0"?>'],
  ["of a version that is none", '<?xml version="9.7"?>'],
  ["without a version", "<?xml ?>"],
  [
    "with a comment and an instruction behind it",
    '<?xml version="1.0"?><!-- a -- b --><?xml-stylesheet href="x"?>\n',
  ],
  ["twice", '<?xml version="1.0"?><?xml version="1.0"?>'],
];
for (const [kind, prolog] of prologs) {
  test(`an XML declaration ${kind} is passed over [QUIRKS-MESSAGE-18]`, () =>
    isManaged([[/^/, prolog]], { declaration: true }));
}

const attributes: readonly (readonly [kind: string, attribute: string])[] = [
  ["colons and equal signs", 'x="a:b=c:d=="'],
  ["single quotes around double ones", `x='a "b" c'`],
  ["double quotes around single ones", `x="it's"`],
  ["angle brackets, other than <", 'x="a>b/>c"'],
  ["line ends, and white space around its sign", 'x \n=\t"a\r\nb"'],
  ["dashes and dots in its name", 'x-y.z="1"'],
  ["nothing in it", "x=''"],
  ["an & that starts nothing", 'x="a&b & c"'],
];
for (const [kind, attribute] of attributes) {
  test(`an attribute that has ${kind} is read [QUIRKS-MESSAGE-19]`, () =>
    isManaged([[/<(s:Envelope|s:Body|Name|Value)(?=[ >])/g, `<$1 ${attribute}`]]));
}

interface Values {
  readonly inform: string | number;
  readonly answer: string | number;
}

const STRINGS: Values = { inform: "7", answer: "1" };

/** Fails unless a device that writes so has a session to its end, with a call, and the store holds what it said. */
async function isManaged(oddities: readonly Oddity[], frame: Frame = {}, values = STRINGS): Promise<void> {
  await using device = await oddDevice(server);
  const read = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };
  const operation = await device.wanted(read);
  const inform = device.inform({ events: ["1 BOOT"], parameters: { "Device.A.B": "7" } });
  assertInformed(await device.post(oddly(inform, ...oddities), {}), frame);
  const asked = await device.post("");
  const [, id = ""] = /<cwmp:ID soap-env:mustUnderstand="1">([0-9a-f]{16})<\/cwmp:ID>/.exec(asked.body) ?? [];
  const names =
    '<ParameterNames soap-enc:arrayType="xsd:string[1]"><string>Device.X</string></ParameterNames>';
  const call = `<cwmp:GetParameterValues>${names}</cwmp:GetParameterValues>`;
  assertSent(asked, 200, ourEnvelope(call, { ...frame, id }));
  assertNothing(await device.post(oddly(valuesText(id), ...oddities)));

  assert.deepEqual(await eventsOf(server, device), [["boot", "1 BOOT", ""]]);
  assert.deepEqual(await valuesOf(server, device, "Device.A."), { B: values.inform });
  assert.deepEqual(await valuesOf(server, device, "Device."), { X: values.answer });
  const result = { ParameterList: { "Device.": { X: values.answer } } };
  assert.deepEqual(await device.kept(operation), { state: "done", attempts: 1, result });
}
