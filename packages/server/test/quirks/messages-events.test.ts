import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { DeviceKey } from "@heliograph/protocol";
import { tempDir } from "@heliograph/testkit";
import { RunningServer } from "../running-server.ts";
import { assertInformed, assertNothing, called, eventsOf, oddDevice, oddly } from "./messages-odd-device.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

interface OddList {
  readonly kind: string;
  /** What stands in the Inform in place of its event list. */
  readonly list: string;
  readonly kept: readonly (readonly [name: string, code: string, commandKey: string])[];
}

function struct(code: string, commandKey = ""): string {
  return `<EventStruct><EventCode>${code}</EventCode><CommandKey>${commandKey}</CommandKey></EventStruct>`;
}

const boot = ["boot", "1 BOOT", ""] as const;

const empty: readonly OddList[] = [
  {
    kind: "says that it has none, in one tag",
    list: '<Event soap_enc:arrayType="cwmp:EventStruct[0]" />',
    kept: [],
  },
  { kind: "holds white space alone", list: "<Event>\n  \n</Event>", kept: [] },
  {
    kind: "says that it has one and holds none",
    list: '<Event e:arrayType="cwmp:EventStruct[1]"></Event>',
    kept: [],
  },
  { kind: "is missing", list: "", kept: [] },
];
for (const oddity of empty) {
  test(`an Inform whose event list ${oddity.kind} opens a session without events [QUIRKS-MESSAGE-6]`, async () => {
    await keeps(oddity);
  });
}

const withoutCode: readonly OddList[] = [
  { kind: "has no EventCode", list: "<EventStruct><CommandKey>k</CommandKey></EventStruct>", kept: [] },
  { kind: "has an empty EventCode", list: struct("", "k"), kept: [] },
  { kind: "has an EventCode of white space", list: struct(" \n ", "k"), kept: [] },
  {
    kind: "has an EventCode in one tag",
    list: "<EventStruct><EventCode/><CommandKey/></EventStruct>",
    kept: [],
  },
  { kind: "is empty itself", list: "<EventStruct/>", kept: [] },
];
for (const { kind, list } of withoutCode) {
  test(`an event that ${kind} is left out, and the others count [QUIRKS-MESSAGE-7]`, async () => {
    await keeps({ list: `<Event>${list}${struct("1 BOOT")}${list}</Event>`, kept: [boot] });
  });
}

const unfit: readonly (readonly [kind: string, code: string, sent: string, name: string])[] = [
  ["dots, stars and angle brackets", "X 001122 a.b.*.>", "X 001122 a.b.*.&gt;", "x-001122-a-b"],
  ["slashes that lead out of a folder", "../../etc/passwd", "../../etc/passwd", "etc-passwd"],
  ["percent signs, question marks and hashes", "M %2F?x=1#y", "M %2F?x=1#y", "m-2f-x-1-y"],
  ["quotes and a statement", "'; DROP TABLE events;--", "&apos;; DROP TABLE events;--", "drop-table-events"],
  ["letters outside ASCII alone", "öffnen 界", "öffnen 界", "ffnen"],
  ["nothing that a subject can hold", "!!!", "!!!", "unnamed"],
  ["the name of what all objects have", "__proto__", "__proto__", "proto"],
  ["a line end", "M X\nset-cookie: a=b", "M X\nset-cookie: a=b", "m-x-set-cookie-a-b"],
  ["a hundred letters", `M ${"x".repeat(98)}`, `M ${"x".repeat(98)}`, `m-${"x".repeat(62)}`],
];
for (const [kind, code, sent, name] of unfit) {
  test(`an event code of ${kind} is kept as it was sent, under a name that subjects can hold [QUIRKS-MESSAGE-8]`, async () => {
    const key = await keeps({ list: `<Event>${struct(sent)}</Event>`, kept: [[name, code, ""]] });
    const { data } = await server.event(key, name);
    assert.equal(data["code"], code, "the event stream has it");
  });
}

const sets: readonly OddList[] = [
  {
    kind: "in no order",
    list: `<Event>${struct("M Download", "k")}${struct("7 TRANSFER COMPLETE")}${struct("1 BOOT")}</Event>`,
    kept: [["m-download", "M Download", "k"], ["transfer-complete", "7 TRANSFER COMPLETE", ""], boot],
  },
  {
    kind: "with the CommandKey on the first of two alone",
    list: `<Event>${struct("1 BOOT")}${struct("M Reboot", "k")}</Event>`,
    kept: [boot, ["m-reboot", "M Reboot", "k"]],
  },
  {
    kind: "in lists of their own",
    list: `<Event>${struct("1 BOOT")}</Event><Event>${struct("4 VALUE CHANGE")}</Event>`,
    kept: [boot, ["value-change", "4 VALUE CHANGE", ""]],
  },
  {
    kind: "without a list around them",
    list: `<Event><EventCode>1 BOOT</EventCode><CommandKey/></Event><Event><EventCode>M Reboot</EventCode></Event>`,
    kept: [boot, ["m-reboot", "M Reboot", ""]],
  },
  {
    kind: "with white space around them and types on them",
    list: '<Event><EventStruct><EventCode xsi:type="xsd:string">\n 1 BOOT </EventCode></EventStruct></Event>',
    kept: [boot],
  },
  {
    kind: "and each member before its event",
    list: "<Event><EventStruct><CommandKey>k</CommandKey><EventCode>M Reboot</EventCode></EventStruct></Event>",
    kept: [["m-reboot", "M Reboot", "k"]],
  },
];
for (const oddity of sets) {
  test(`events that come ${oddity.kind} all count [QUIRKS-MESSAGE-9]`, async () => {
    await keeps(oddity);
  });
}

const proofs: readonly (readonly [where: string, list: string])[] = [
  ["before 1 BOOT", struct("M Reboot", "k") + struct("1 BOOT")],
  ["after 1 BOOT, which carries its CommandKey too", struct("1 BOOT", "k") + struct("M Reboot", "k")],
];
for (const [where, list] of proofs) {
  test(`a reboot whose answer was lost is proved by M Reboot ${where} [QUIRKS-MESSAGE-9]`, async () => {
    await using device = await oddDevice(server);
    const { operation } = await called(device, { method: "Reboot", params: { CommandKey: "k" } });
    await device.hangUp();
    const inform = oddly(device.inform(), [/<Event>.*<\/Event>/s, `<Event>${list}</Event>`]);
    assertInformed(await device.post(inform, {}));
    assertNothing(await device.post(""));
    assert.equal((await device.kept(operation)).state, "done");
  });
}

/** Fails unless the Inform opens a session that goes well to its end, and the store holds those events of it. */
async function keeps({ list, kept }: Omit<OddList, "kind">): Promise<DeviceKey> {
  await using device = await oddDevice(server);
  assertInformed(await device.post(oddly(device.inform(), [/<Event>.*<\/Event>/s, list]), {}));
  assertNothing(await device.post(""));
  assert.deepEqual(await eventsOf(server, device), kept);
  const { lastInform, enrolled } = await server.client.devices.get(device.key);
  assert.ok(lastInform !== undefined && lastInform > enrolled.at, "the Inform was kept");
  return device.key;
}
