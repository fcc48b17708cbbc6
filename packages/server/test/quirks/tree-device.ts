import assert from "node:assert/strict";
import type { Operation, OperationRequest, RefreshRequest } from "@heliograph/api";
import { groupedEntries, type JsonValue, type RpcOutcome } from "@heliograph/protocol";
import { answerOf, type WeakDevice } from "../../src/engine/refresh-device.fixture.ts";
import type { DeviceCall } from "../../src/ports/index.ts";
import { envelopeText, type InformText } from "../envelopes.ts";
import type { RunningServer } from "../running-server.ts";
import type { BareDevice } from "./bare-device.ts";
import { readCall } from "./bare-device.ts";
import { boxWith } from "./learned-box.ts";

export type { WeakDevice } from "../../src/engine/refresh-device.fixture.ts";

/** A call as it came, and what it was answered; undefined: the device hung up. */
export interface Answered {
  readonly call: DeviceCall;
  readonly outcome: RpcOutcome | undefined;
}

/** How a device answers one call; where it says nothing of it, as its tree has it. */
export type Manner = (call: DeviceCall) => RpcOutcome | undefined | "as-usual";

/** A classic device with a tree, which bears only so much. */
export class TreeDevice {
  readonly bare: BareDevice;
  readonly #server: RunningServer;
  tree: WeakDevice;

  private constructor(server: RunningServer, { bare, tree }: { bare: BareDevice; tree: WeakDevice }) {
    this.#server = server;
    this.bare = bare;
    this.tree = tree;
  }

  static async start(server: RunningServer, software: string, tree: WeakDevice): Promise<TreeDevice> {
    return new TreeDevice(server, { bare: await boxWith(server, software), tree });
  }

  get key() {
    return this.bare.key;
  }

  /** Has a person ask for a refresh, and holds the session in which it is made. */
  async refreshed(
    request: RefreshRequest = {},
  ): Promise<{ operation: Operation; told: readonly Answered[] }> {
    const { id } = await this.#server.client.operations.refresh(this.key, request);
    const told = await this.session();
    return { operation: await this.#server.client.operations.get(id), told };
  }

  async asked(request: OperationRequest): Promise<{ operation: Operation; told: readonly Answered[] }> {
    const { id } = await this.bare.wanted(request);
    const told = await this.session();
    return { operation: await this.#server.client.operations.get(id), told };
  }

  /** Opens a session, and answers what it is asked to its end. */
  async session(text: InformText = {}, manner: Manner = () => "as-usual"): Promise<readonly Answered[]> {
    assert.equal((await this.bare.post(this.bare.inform(text), {})).status, 200);
    const told: Answered[] = [];
    let reply = await this.bare.post("");
    while (reply.status !== 204) {
      const { id, method, params } = readCall(reply);
      const call: DeviceCall = { method, params: structuredClone({ ...params }) };
      const chosen = manner(call);
      const outcome = chosen === "as-usual" ? this.#usual(call) : chosen;
      told.push({ call, outcome });
      if (outcome === undefined) {
        await this.bare.hangUp();
        return told;
      }
      reply = await this.bare.post(envelopeText(bodyOf(method, outcome), { id }));
    }
    return told;
  }

  #usual(call: DeviceCall): RpcOutcome | undefined {
    return call.method === "SetParameterValues" ? { result: { Status: 0 } } : answerOf(this.tree, call);
  }

  /** What the ACS knows of its values. */
  async known(path = ""): Promise<readonly string[]> {
    const { ParameterList } = await this.#server.client.devices.parameters(this.key, path);
    return Array.from(groupedEntries(ParameterList), ([name]) => name).sort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.bare[Symbol.asyncDispose]();
  }
}

/** How many names a read asked for. */
export function namesIn({ params }: DeviceCall): readonly string[] {
  const names = params["ParameterNames"];
  return Array.isArray(names) ? names.map(String) : [];
}

function bodyOf(method: string, { result, fault }: RpcOutcome): string {
  if (fault !== undefined) {
    const { code, message } = fault;
    const detail = `<cwmp:Fault><FaultCode>${code}</FaultCode><FaultString>${message}</FaultString></cwmp:Fault>`;
    return `<s:Fault><detail>${detail}</detail></s:Fault>`;
  }
  const structs = entriesOf(result["ParameterList"]).map(([name, value]) =>
    method === "GetParameterNames"
      ? `<ParameterInfoStruct><Name>${name}</Name><Writable>0</Writable></ParameterInfoStruct>`
      : `<ParameterValueStruct><Name>${name}</Name><Value xsi:type="xsd:string">${String(value)}</Value></ParameterValueStruct>`,
  );
  const status = method.startsWith("Set")
    ? "<Status>0</Status>"
    : `<ParameterList>${structs.join("")}</ParameterList>`;
  return `<cwmp:${method}Response>${status}</cwmp:${method}Response>`;
}

function entriesOf(list: JsonValue | undefined): readonly (readonly [string, unknown])[] {
  if (typeof list !== "object" || list === null) return [];
  return Object.entries(list).flatMap(([object, leaves]) =>
    typeof leaves === "object" && leaves !== null
      ? Object.entries(leaves).map(([leaf, value]): readonly [string, unknown] => [object + leaf, value])
      : [],
  );
}
