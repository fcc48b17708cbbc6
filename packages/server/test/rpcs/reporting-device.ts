import assert from "node:assert/strict";
import { SUBPROTOCOLS, type CallAnswer, type Subprotocol } from "@heliograph/agent";
import {
  decodeEnvelope,
  defaultLimits,
  type AcsParams,
  type AcsRequest,
  type DeviceId,
  type DeviceKey,
  type ParameterValues,
  type RpcOutcome,
} from "@heliograph/protocol";
import { LockstepDevice } from "@heliograph/testkit";
import { LightLink, RefusedError } from "../light-link.ts";

/** Whatever carries RPCs between a device and its ACS. */
export type Binding = "classic" | Subprotocol;

export const bindings: readonly Binding[] = ["classic", ...SUBPROTOCOLS];

export interface Event {
  readonly EventCode: string;
  readonly CommandKey: string;
}

/** A device that says what its test has it say, over any binding alike; it is called and answers with nothing. */
export interface ReportingDevice extends AsyncDisposable {
  readonly key: DeviceKey;
  /** What the ACS answers to an Inform with these events. */
  inform(events: readonly Event[], parameters?: ParameterValues): Promise<RpcOutcome>;
  /** What the ACS answers to anything else. */
  ask(request: AcsRequest): Promise<RpcOutcome>;
}

/** Enrols a device that reports over that binding. */
export function enrolReporting(acsUrl: string, binding: Binding): Promise<ReportingDevice> {
  return binding === "classic" ? enrolClassic(acsUrl) : enrolLight(acsUrl, binding);
}

/** Its session is left open, so that whatever is asked follows on the Inform before it. */
async function enrolClassic(acsUrl: string): Promise<ReportingDevice> {
  const device = new LockstepDevice({ acsUrl });
  await device.inform({ events: ["0 BOOTSTRAP"] });
  await device.expectRpc("SetParameterValues");
  await device.fault(9001, "no credentials, please");
  await device.expectNothing();
  await device.inform();
  const outcome = async (): Promise<RpcOutcome> => {
    const { body } = await device.expectStatus(200);
    const envelope = decodeEnvelope(body, { role: "device", limits: defaultLimits });
    assert.ok(envelope.ok, body);
    const { body: reply } = envelope.value;
    assert.ok(reply.kind === "fault" || reply.kind === "answer", body);
    return reply.kind === "fault" ? { fault: reply.fault } : { result: reply.result };
  };
  return {
    key: device.key,
    async inform(events, parameters = {}) {
      await device.sendInform({ events, parameters });
      return outcome();
    },
    async ask(request) {
      await device.send(request);
      return outcome();
    },
    [Symbol.asyncDispose]: () => device.close(),
  };
}

async function enrolLight(acsUrl: string, subprotocol: Subprotocol): Promise<ReportingDevice> {
  await using device = new LockstepDevice({ acsUrl });
  await device.inform({ events: ["0 BOOTSTRAP"], header: { webSocketSupport: [subprotocol] } });
  const reference = device.header.webSocketReference;
  assert.ok(reference !== undefined);
  await device.expectNothing();
  const link = await LightLink.open({ ...reference, subprotocol });
  assert.ok(link !== "unauthorized");
  const says = (events: readonly Event[], parameters: ParameterValues = {}): AcsParams<"Inform"> =>
    informParams(device.deviceId, events, parameters);
  const heartBeat = [{ EventCode: "2 PERIODIC", CommandKey: "" }];
  await link.attach({ wishes: {}, inform: () => says(heartBeat) });
  link.serve({
    replayWindow: 0,
    answers: new Map<string, CallAnswer>(),
    run: ({ method }) => {
      assert.equal(method, "SetParameterValues", "nobody calls this device but to give it credentials");
      return { method: "SetParameterValues", result: { Status: 0 } };
    },
    served: () => undefined,
  });
  const ask = async (request: AcsRequest): Promise<RpcOutcome> => {
    try {
      return { result: await link.ask(request) };
    } catch (error) {
      if (error instanceof RefusedError) return { fault: error.fault };
      throw error;
    }
  };
  return {
    key: device.key,
    inform: (events, parameters) => ask({ method: "Inform", params: says(events, parameters) }),
    ask,
    [Symbol.asyncDispose]: () => link.close(),
  };
}

function informParams(
  DeviceId: DeviceId,
  Event: readonly Event[],
  ParameterList: ParameterValues,
): AcsParams<"Inform"> {
  const CurrentTime = "2026-01-01T00:00:00Z";
  return { DeviceId, Event, MaxEnvelopes: 1, CurrentTime, RetryCount: 0, ParameterList };
}
