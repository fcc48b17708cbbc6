import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import type { Credentials } from "@heliograph/agent/node";
import type { AcsRequest, DeviceId, DeviceKey } from "@heliograph/protocol";
import { HttpDialogue, LockstepDevice, LockstepSocket } from "@heliograph/testkit";
import { within } from "../deadline.ts";
import { holdSession, SessionRefusedError, type SessionPart } from "../device-session.ts";
import { credentialsIn } from "../own-credentials.ts";
import type { Target } from "./target.ts";

/** What somebody asks of a well-behaved device, again and again, while others misbehave. */
const QUESTION = { method: "GetParameterValues", params: { ParameterNames: ["Device.DeviceInfo.UpTime"] } };
const ANSWER = { ParameterList: { "Device.DeviceInfo.": { UpTime: 1 } } };
/** Seconds for which the server is asked to wait for the end. */
const WAIT = 20;
const OFFER = { header: { webSocketSupport: ["cwmp.json"] } };
/** The ACS sends one device no more than ten connection requests a second. */
const REQUEST_PAUSE_MS = 110;
/** A device that is told to come again comes sooner here: minutes are too long for a test. */
const HURRIED_RETRY_MS = 300;

/** A well-behaved device beside those that are not. */
export interface Neighbour extends AsyncDisposable {
  /** Has an operation asked for and served; gives how many milliseconds that took. */
  operate(): Promise<number>;
}

/** Some that come when they are sent connection requests, and operate by turns. */
export async function classicNeighbours(target: Target, count: number): Promise<Neighbour> {
  const all = await Promise.all(Array.from({ length: count }, () => classicNeighbour(target)));
  let turn = 0;
  return {
    async operate() {
      turn += 1;
      return (await all[turn % count]?.operate()) ?? 0;
    },
    async [Symbol.asyncDispose]() {
      for (const neighbour of all) await neighbour[Symbol.asyncDispose]();
    },
  };
}

async function classicNeighbour(target: Target): Promise<Neighbour> {
  const { acsUrl } = target.server.life;
  const { deviceId, login, connectionRequest } = await unbox(acsUrl);
  const device = new LockstepDevice({ acsUrl, deviceId, credentials: login, patienceMs: WAIT * 1_000 });
  const endpoint = await device.listen(connectionRequest, { requests: Infinity, periodMs: 1_000 });
  await device.inform({ events: ["1 BOOT"] });
  await device.expectNothing();
  const part: SessionPart = {
    inform: informOf(deviceId, endpoint),
    nextRequest: () => undefined,
    answered: () => undefined,
    run: () => ({ method: "GetParameterValues", result: ANSWER }),
  };
  return {
    operate: inTurn(
      () =>
        timed(target, device.key, async () => {
          await device.expectConnectionRequest();
          await insistOnSession(acsUrl, login, part);
        }),
      REQUEST_PAUSE_MS,
    ),
    [Symbol.asyncDispose]: () => device.close(),
  };
}

/** One that is attached. */
export async function lightNeighbour(target: Target): Promise<Neighbour> {
  const { acsUrl } = target.server.life;
  const { deviceId, login } = await unbox(acsUrl);
  await using device = new LockstepDevice({ acsUrl, deviceId, credentials: login });
  await device.inform({ events: ["1 BOOT"], ...OFFER });
  const reference = device.header.webSocketReference;
  assert.ok(reference !== undefined, "the device is not referred to the light transport");
  await device.expectNothing();
  const { url, token } = reference;
  const socket = await LockstepSocket.open({ url, token, patienceMs: WAIT * 1_000 });
  await socket.attach();
  return {
    operate: inTurn(() =>
      timed(target, device.key, async () => {
        const call = await socket.expectCall("GetParameterValues");
        socket.answer(call, ANSWER);
      }),
    ),
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  };
}

/**
 * One operation after the other, with a pause between them, whoever asks: the time for which an operation waits for the one
 * before is not its own.
 */
function inTurn(operate: () => Promise<number>, pauseMs = 0): () => Promise<number> {
  let last: Promise<unknown> = Promise.resolve();
  return () => {
    const turn = last.then(operate);
    last = turn.catch(() => undefined).then(() => setTimeout(pauseMs));
    return turn;
  };
}

async function unbox(acsUrl: string) {
  await using unboxed = new LockstepDevice({ acsUrl });
  await unboxed.inform({ events: ["0 BOOTSTRAP", "1 BOOT"] });
  const own = credentialsIn((await unboxed.expectRpc("SetParameterValues")).params.ParameterList);
  await unboxed.answer({ Status: 0 });
  await unboxed.expectNothing();
  return { deviceId: unboxed.deviceId, ...own };
}

/** Sessions until the ACS is not too busy for one. */
async function insistOnSession(acsUrl: string, credentials: Credentials, part: SessionPart): Promise<void> {
  for (;;) {
    const dialogue = new HttpDialogue({ url: acsUrl, credentials, patienceMs: WAIT * 1_000 });
    try {
      await holdSession(dialogue, part);
      return;
    } catch (error) {
      if (!(error instanceof SessionRefusedError && error.message.includes("503"))) throw error;
      await setTimeout(HURRIED_RETRY_MS);
    } finally {
      dialogue.cut();
    }
  }
}

function informOf(DeviceId: DeviceId, endpoint: string): AcsRequest {
  return {
    method: "Inform",
    params: {
      DeviceId,
      Event: [{ EventCode: "6 CONNECTION REQUEST" }],
      MaxEnvelopes: 1,
      CurrentTime: "2026-01-01T00:00:00Z",
      RetryCount: 0,
      ParameterList: { "Device.ManagementServer.": { ConnectionRequestURL: endpoint } },
    },
  };
}

async function timed({ server }: Target, device: DeviceKey, serve: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  const asked = server.client.operations.create(device, { ...QUESTION, wait: WAIT });
  const [{ state }] = await within(Promise.all([asked, serve()]), `the operation of ${device}`);
  const ms = performance.now() - begin;
  assert.equal(state, "done");
  return ms;
}
