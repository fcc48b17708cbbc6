import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import fc from "fast-check";
import {
  attributeOf,
  childOf,
  decodeAcsAnswer,
  decodeAcsRequest,
  decodeDeviceAnswer,
  decodeDeviceRequest,
  defaultLimits,
  encodeAnswer,
  encodeFault,
  encodeRequest,
  namespaceOf,
  readXml,
  SOAP_ENVELOPE,
  type Fault,
  type Fields,
  type SoapFrame,
  type SoapHeader,
  type XmlElement,
} from "../src/index.ts";
import { everyRpc, valuesOf, type Narrower } from "./table-values.ts";
import { program, testData } from "./test-data.ts";

const SEED = 20_260_104;
const SAMPLES = 12;
const OWN_SCHEMAS = join(import.meta.dirname, "schemas");

interface Schema {
  readonly version: "1.0" | "1.1" | "1.2" | "1.3" | "1.4";
  readonly namespace: string;
  readonly narrower: Narrower;
}

/** The first schemas list the file types, the events and the faults that there are; a vendor's own are in all of them. */
const listed: Narrower = {
  FileType: fc.constant("X 00D09E Thing"),
  EventCode: fc.constantFrom("0 BOOTSTRAP", "6 CONNECTION REQUEST", "M Reboot", "X 00D09E Thing"),
  FaultCode: fc.constantFrom(0, 9001, 9010, 9012),
};

const schemas: readonly Schema[] = [
  { version: "1.0", namespace: "urn:dslforum-org:cwmp-1-0", narrower: listed },
  { version: "1.1", namespace: "urn:dslforum-org:cwmp-1-1", narrower: listed },
  { version: "1.2", namespace: "urn:dslforum-org:cwmp-1-2", narrower: {} },
  { version: "1.3", namespace: "urn:dslforum-org:cwmp-1-2", narrower: {} },
  { version: "1.4", namespace: "urn:dslforum-org:cwmp-1-2", narrower: {} },
];

const folder = mkdtempSync(join(tmpdir(), "heliograph-schemas-"));
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

for (const schema of schemas) {
  test(`every RPC is written as the schema of CWMP ${schema.version} has it [CWMP-SOAP-8, CWMP-VERSION-1]`, (t) => {
    validate(t, schema, rpcMessages(schema));
  });

  test(`faults and headers are written as the schema of CWMP ${schema.version} has them`, (t) => {
    validate(t, schema, [...faultMessages(schema), ...headerMessages(schema)]);
  });
}

test("a message is one element in the Body of an envelope, and what is inside that has no prefix [CWMP-SOAP-1, CWMP-SOAP-2]", () => {
  for (const schema of schemas) {
    for (const text of [...rpcMessages(schema), ...faultMessages(schema), ...headerMessages(schema)]) {
      const document = readXml(text, defaultLimits);
      assert.ok(document.ok);
      checkEnvelope(document.value, schema);
    }
  }
});

function checkEnvelope(envelope: XmlElement, { namespace }: Schema): void {
  assert.equal(envelope.local, "Envelope");
  assert.equal(namespaceOf(envelope.scope, envelope.prefix), SOAP_ENVELOPE);
  const [header, body, ...more] = envelope.children;
  assert.deepEqual([header?.name, body?.name, more], ["soap-env:Header", "soap-env:Body", []]);
  const [message, ...others] = body?.children ?? [];
  assert.ok(message !== undefined && others.length === 0);
  const detail = message.local === "Fault" ? childOf(message, "detail") : undefined;
  const top = detail?.children ?? [message];
  for (const element of top) assert.equal(namespaceOf(element.scope, element.prefix), namespace);
  for (const element of [...top, ...(header?.children ?? [])]) element.children.forEach(checkUnqualified);
}

function checkUnqualified(element: XmlElement): void {
  assert.equal(element.prefix, "");
  element.children.forEach(checkUnqualified);
}

test("an array says how many items it has [CWMP-SOAP-15]", () => {
  for (const schema of schemas) {
    for (const text of rpcMessages(schema)) {
      const document = readXml(text, defaultLimits);
      assert.ok(document.ok);
      checkCounts(document.value);
    }
  }
});

function checkCounts(element: XmlElement): void {
  const arrayType = attributeOf(element, "arrayType");
  if (arrayType !== undefined) {
    const names = new Set(element.children.map((child) => child.name));
    const [name = ""] = names;
    assert.ok(names.size <= 1);
    assert.match(arrayType, new RegExp(`:${name}.*\\[${element.children.length}\\]$`));
  }
  for (const child of element.children) checkCounts(child);
}

function rpcMessages({ version, namespace, narrower }: Schema): readonly string[] {
  const frame: SoapFrame = { id: "a & b", namespace };
  return everyRpc
    .filter(([, , definition]) => definition.since <= version)
    .flatMap(([answerer, method, { request, answer }]) => {
      const asked = sample(request, narrower).map((params) =>
        writeRequest(frame, answerer, { method, params }),
      );
      const told = sample(answer, narrower).map((result) => writeAnswer(frame, answerer, { method, result }));
      return [...asked, ...told];
    });
}

function sample(fields: Fields, narrower: Narrower): readonly unknown[] {
  return Object.keys(fields).length === 0
    ? [{}]
    : fc.sample(valuesOf(fields, narrower), { seed: SEED, numRuns: SAMPLES });
}

type Answerer = (typeof everyRpc)[number][0];

function writeRequest(
  frame: SoapFrame,
  answerer: Answerer,
  { method, params }: { readonly method: string; readonly params: unknown },
): string {
  const request =
    answerer === "device" ? decodeDeviceRequest(method, params) : decodeAcsRequest(method, params);
  assert.ok(request.ok);
  return encodeRequest({ ...frame, request: request.value });
}

function writeAnswer(
  frame: SoapFrame,
  answerer: Answerer,
  { method, result }: { readonly method: string; readonly result: unknown },
): string {
  const answer = answerer === "device" ? decodeDeviceAnswer(method, result) : decodeAcsAnswer(method, result);
  assert.ok(answer.ok);
  return encodeAnswer({ ...frame, ...answer.value });
}

function faultMessages({ namespace }: Schema): readonly string[] {
  const bad = { ParameterName: "Device.A", FaultCode: 9007, FaultString: "<too & big>" };
  const faults: readonly (readonly ["acs" | "device", Fault])[] = [
    ["acs", { code: 8000, message: "Method not supported" }],
    ["acs", { code: 8005, message: "" }],
    ["acs", { code: -32601, message: "a code of another binding" }],
    ["device", { code: 9005, message: "Invalid parameter name" }],
    ["device", { code: 9899, message: "a vendor's" }],
    ["device", { code: 8003, message: "a code of the other side" }],
    [
      "device",
      {
        code: 9003,
        message: "Invalid arguments",
        data: { SetParameterValuesFault: [bad, { ...bad, FaultCode: 1 }] },
      },
    ],
  ];
  return faults.map(([role, fault]) => encodeFault({ id: "1", namespace, role, fault }));
}

function headerMessages({ namespace, version }: Schema): readonly string[] {
  const light: readonly SoapHeader[] = [
    {},
    { holdRequests: true },
    { webSocketSupport: ["cwmp.json", "cwmp.soap"] },
    {
      webSocketReference: {
        url: "wss://acs/light?a&b",
        subprotocol: "cwmp.json",
        token: "t",
        expiresIn: 600,
      },
    },
  ];
  const later: readonly SoapHeader[] = [
    { sessionTimeout: 30, supportedCwmpVersions: ["1.0", "1.4"] },
    { useCwmpVersion: "1.4", holdRequests: false },
  ];
  const headers = version === "1.4" ? [...light, ...later] : light;
  return headers.flatMap((header) =>
    [{}, { booleans: "words", declaration: true } as const].map((style) =>
      encodeAnswer({ id: "1", namespace, header, style, method: "Inform", result: { MaxEnvelopes: 1 } }),
    ),
  );
}

function validate(t: TestContext, schema: Schema, messages: readonly string[]): void {
  const xmllint = program(t, "xmllint");
  const published = testData(t, "bbf");
  if (xmllint === undefined || published === undefined) return;
  const root = schemaFile(published, schema);
  const files = messages.map((text, index) => {
    const file = join(folder, `${schema.version}-${index}.xml`);
    writeFileSync(file, text);
    return file;
  });
  assert.ok(files.length > 0);
  const run = spawnSync(xmllint, ["--nonet", "--noout", "--schema", root, ...files], { encoding: "utf8" });
  const complaints = run.stderr.split("\n").filter((line) => line !== "" && !line.endsWith(" validates"));
  assert.deepEqual(complaints, []);
  assert.equal(run.status, 0);
}

/** Copies of the published schemas that refer to each other and to our stubs of SOAP by file. */
function schemaFile(published: string, { version, namespace }: Schema): string {
  copyFileSync(join(OWN_SCHEMAS, "soap-envelope.xsd"), join(folder, "soap-envelope.xsd"));
  copyFileSync(join(OWN_SCHEMAS, "soap-encoding.xsd"), join(folder, "soap-encoding.xsd"));
  for (const name of ["cwmp-1-0", "cwmp-1-1", "cwmp-1-2", "cwmp-1-3", "cwmp-1-4"]) {
    const text = readFileSync(join(published, `${name}.xsd`), "utf8")
      .replaceAll(
        'schemaLocation="http://schemas.xmlsoap.org/soap/envelope/"',
        'schemaLocation="soap-envelope.xsd"',
      )
      .replaceAll(
        'schemaLocation="http://schemas.xmlsoap.org/soap/encoding/"',
        'schemaLocation="soap-encoding.xsd"',
      )
      .replaceAll("http://www.broadband-forum.org/cwmp/", "");
    writeFileSync(join(folder, `${name}.xsd`), text);
  }
  const root = join(folder, `root-${version}.xsd`);
  const imports = [
    ["http://schemas.xmlsoap.org/soap/envelope/", "soap-envelope.xsd"],
    [namespace, `cwmp-${version.replace(".", "-")}.xsd`],
  ].map(([uri = "", file = ""]) => `<xs:import namespace="${uri}" schemaLocation="${file}"/>`);
  writeFileSync(
    root,
    `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">${imports.join("")}</xs:schema>`,
  );
  return root;
}
