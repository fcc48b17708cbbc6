import { expect, NotTested } from "../../case.ts";
import { describe, type Conversation } from "../../conversation.ts";
import { isFields, isList, member, type Json } from "../../json.ts";
import type { Answer, Fault } from "../../speech/speech.ts";
import { elementsIn } from "../../speech/xml.ts";
import { shortened } from "../../trail.ts";
import { expectCwmp } from "./coming.ts";
import { asking, expectAnswers, faulted, talking, type DeviceCase } from "./asking.ts";

const NOWHERE = "Device.X_5A5A5A_Nowhere.Nothing";
const TYPES: ReadonlySet<string> = new Set([
  ...["string", "boolean", "int", "unsignedInt", "long", "unsignedLong", "decimal"],
  ...["dateTime", "base64", "hexBinary"],
]);

/** What a device answers to RPCs, in whatever subprotocol. */
export const rpcCases: readonly DeviceCase[] = [
  asking("LIGHT-TOKEN-5", "GetParameterValues of the root is answered with a ParameterList", {
    method: "GetParameterValues",
    params: ({ root }) => ({ ParameterNames: [`${root}DeviceInfo.`] }),
    check: (heard) =>
      expect(
        heard.is === "answer" && heard.text.includes("ParameterList"),
        "a ParameterList",
        describe(heard),
      ),
  }),
  asking(
    "LIGHT-LIST-5",
    "GetParameterNames of the next level lists what is right below, and not the object itself",
    {
      method: "GetParameterNames",
      params: ({ root }) => ({ ParameterPath: root, NextLevel: true }),
      check: (heard, { root }) => {
        const names = namesIn(heard);
        expect(heard.is === "answer" && names.length > 0, "a list of names", describe(heard));
        const odd = names.find(
          (name) => !name.startsWith(root) || name === root || name.slice(root.length, -1).includes("."),
        );
        expect(odd === undefined, `names right below ${root}`, odd ?? "");
      },
    },
  ),
  asking("LIGHT-FAULT-1", "GetParameterValues of what there is not gets fault 9005", {
    method: "GetParameterValues",
    params: () => ({ ParameterNames: [NOWHERE] }),
    check: faulted(9005),
  }),
  asking(
    "LIGHT-FAULT-1",
    "SetParameterValues of what there is not gets fault 9003, and 9005 for that parameter",
    {
      method: "SetParameterValues",
      params: () => ({ ParameterList: { "Device.X_5A5A5A_Nowhere.": { Nothing: "x" } }, ParameterKey: "" }),
      check: (heard) => {
        expect(heard.is === "fault" && heard.code === 9003, "a fault 9003", describe(heard));
        const isNamed =
          heard.text.includes("SetParameterValuesFault") &&
          heard.text.includes(NOWHERE) &&
          heard.text.includes("9005");
        expect(isNamed, `SetParameterValuesFault with ${NOWHERE} and 9005`, shortened(heard.text));
      },
    },
  ),
  {
    rule: "LIGHT-LOSS-4",
    text: "Reboot is answered, and told of by an Inform with M Reboot and its CommandKey",
    needs: "destruction",
    async run(seat) {
      const { talk } = await seat.connection();
      const heard = await talk.ask("Reboot", { CommandKey: "kit-reboot" });
      expect(heard.is === "answer", "an answer", describe(heard));
      await expectRebooted(seat);
    },
  },
];

/** JSON, in tokens or in frames. */
export const jsonRpcCases: readonly DeviceCase[] = [
  asking("LIGHT-LIST-1", "the parameters are grouped by the path of their object, leaves inside", {
    method: "GetParameterValues",
    params: ({ root }) => ({ ParameterNames: [root] }),
    check: (heard) => {
      const list = member(resultOf(heard), "ParameterList");
      expect(isFields(list), "an object", describe(heard));
      const odd = Object.entries(list).find(([object, leaves]) => !object.endsWith(".") || !isFields(leaves));
      expect(odd === undefined, "an object of objects", shortened(JSON.stringify(odd ?? null)));
      const leaf = leavesOf(list).find(([name]) => name.includes(".") || name === "");
      expect(leaf === undefined, "leaf names without a dot", leaf?.[0] ?? "");
    },
  }),
  asking("LIGHT-LIST-3", "every value is bare where JSON says its type, and else a pair of text and type", {
    method: "GetParameterValues",
    params: ({ root }) => ({ ParameterNames: [root] }),
    check: (heard) => {
      const odd = leavesOf(member(resultOf(heard), "ParameterList")).find(([, value]) => !isValue(value));
      expect(odd === undefined, "a value or a pair", shortened(JSON.stringify(odd ?? null)));
    },
  }),
  asking(
    "LIGHT-LIST-7",
    "Shape values is answered with Values in the order asked, or with the names where it is not known",
    {
      method: "GetParameterValues",
      params: (seat) => ({ ParameterNames: twoNames(seat.informedNames), Shape: "values" }),
      check: (heard) => {
        const result = resultOf(heard);
        const values = member(result, "Values");
        const isShaped = Array.isArray(values) && values.length === 2 && values.every(isValue);
        expect(
          isShaped || isFields(member(result, "ParameterList")),
          "two Values, or a ParameterList",
          describe(heard),
        );
      },
    },
  ),
  talking("LIGHT-LIST-7", "the Values are in the order of the names", async (talk, seat) => {
    const names = twoNames(seat.informedNames);
    const there = await valuesOf(talk, names);
    const back = await valuesOf(talk, names.toReversed());
    expect(
      JSON.stringify(there.toReversed()) === JSON.stringify(back),
      `the same Values for ${names.toReversed().join(", ")} as for ${names.join(", ")}, the other way round`,
      `${JSON.stringify(there)}, then ${JSON.stringify(back)}`,
    );
  }),
  talking("LIGHT-LIST-8", "Shape values with a partial path gets fault 9003", async (talk, seat) => {
    await valuesOf(talk, twoNames(seat.informedNames));
    const heard = await talk.ask("GetParameterValues", { ParameterNames: [seat.root], Shape: "values" });
    faulted(9003)(heard, seat);
  }),
  asking("LIGHT-TOKEN-8", "an RPC that no device has is refused with -32601 or 9000", {
    method: "X_5A5A5A_Nothing",
    check: faulted(-32601, 9000),
  }),
  asking("LIGHT-TOKEN-8", "params of another type are refused with -32602 or 9003", {
    method: "GetParameterValues",
    params: () => ({ ParameterNames: 7 }),
    check: faulted(-32602, 9003),
  }),
  asking("LIGHT-TOKEN-7", "members that the device cannot know are passed over", {
    method: "GetParameterValues",
    params: ({ root }) => ({ ParameterNames: [`${root}DeviceInfo.`], X_Colour: ["blue"] }),
    check: (heard) => expect(heard.is === "answer", "an answer", describe(heard)),
  }),
];

/** `cwmp.soap`. */
export const soapRpcCases: readonly DeviceCase[] = [
  asking("LIGHT-SOAP-1", "an answer is one envelope with a response of CWMP", {
    method: "GetParameterNames",
    params: ({ root }) => ({ ParameterPath: root, NextLevel: true }),
    check: ({ text }) =>
      expect(/GetParameterNamesResponse/.test(text), "a GetParameterNamesResponse", shortened(text)),
  }),
  asking("LIGHT-SOAP-1", "the envelope and the response have the namespaces of SOAP and of CWMP", {
    method: "GetParameterNames",
    params: ({ root }) => ({ ParameterPath: root, NextLevel: true }),
    check: ({ text }) => expectCwmp(text, "GetParameterNamesResponse"),
  }),
  talking("LIGHT-SOAP-2", "an answer returns the ID of its call", async (talk) => {
    const id = talk.freshId();
    talk.say(talk.speech.request({ id, method: "GetRPCMethods" }));
    const { id: came } = await talk.answerTo(id);
    if (came !== id)
      throw new NotTested("the device returns no IDs, as it may: it cannot send an answer that it owes");
  }),
  asking("LIGHT-SOAP-7", "an RPC that no device has gets fault 9000", {
    method: "X_5A5A5A_Nothing",
    check: faulted(9000),
  }),
  talking("LIGHT-SOAP-9", "an empty text message is not answered with an envelope", async (talk) => {
    talk.say("");
    await expectAnswers(talk, "nothing but a sign of life, and that");
  }),
];

async function expectRebooted(seat: Parameters<DeviceCase["run"]>[0]): Promise<void> {
  const isTold = (text: string): boolean => text.includes("M Reboot") && text.includes("kit-reboot");
  seat.ended();
  const inform = await seat.informed.take(REBOOT_MS);
  const { calls } = await seat.connection();
  const told = inform !== undefined && isTold(inform);
  const came = seat.informs.some(isTold) || calls.some(({ text }) => isTold(text));
  expect(
    told || came,
    "an Inform with M Reboot and the CommandKey",
    inform === undefined ? "no Inform" : shortened(inform),
  );
}

const REBOOT_MS = 30_000;

function resultOf(heard: Answer | Fault): Json | undefined {
  expect(heard.is === "answer", "an answer", describe(heard));
  return heard.result;
}

type Leaf = readonly [name: string, value: Json];

function leavesOf(list: Json | undefined): readonly Leaf[] {
  return Object.values(isFields(list) ? list : {}).flatMap((leaves) =>
    Object.entries(isFields(leaves) ? leaves : {}),
  );
}

/** Whether a value is written as the table of values has it [LIGHT-LIST-2, LIGHT-LIST-3]. */
function isValue(value: Json): boolean {
  if (isList(value)) {
    const [text, type] = value;
    return value.length === 2 && typeof text === "string" && typeof type === "string" && TYPES.has(type);
  }
  if (typeof value === "number") return Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 32;
  return value === null || typeof value === "string" || typeof value === "boolean";
}

function namesIn(heard: Answer | Fault): readonly string[] {
  const { result } = heard;
  if (typeof result === "string") return elementsIn(result, "Name");
  const list = member(result, "ParameterList");
  return Object.entries(isFields(list) ? list : {}).flatMap(([object, leaves]) =>
    Object.keys(isFields(leaves) ? leaves : {}).map((leaf) => object + leaf),
  );
}

/** What `Shape: values` is answered with. Throws {@link NotTested} where the device does not know it. */
async function valuesOf(talk: Conversation, names: readonly string[]): Promise<readonly Json[]> {
  const { result } = await talk.result("GetParameterValues", { ParameterNames: names, Shape: "values" });
  const values = member(result, "Values");
  if (!isList(values)) throw new NotTested("the device does not know Shape");
  return values;
}

function twoNames(names: readonly string[]): readonly string[] {
  const full = names.filter((name) => !/[.]$|Time/.test(name)).slice(0, 2);
  if (full.length < 2) throw new NotTested("the Inform has fewer than two parameters to ask for");
  return full;
}
