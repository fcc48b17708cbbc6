import assert from "node:assert/strict";
import {
  decodeEnvelope,
  defaultLimits,
  encodeAnswer,
  encodeRequest,
  type AcsRequest,
  type DeviceAnswer,
  type DeviceRequest,
  type SoapEnvelope,
  type SoapHeader,
  type WebSocketReference,
} from "@heliograph/protocol";
import type { HttpDialogue, HttpReply } from "@heliograph/testkit";

/** What a device does in a session. */
export interface SessionPart {
  readonly inform: AcsRequest;
  /** What it has to say besides its Inform, once for each time it is asked; undefined where that is all. */
  nextRequest(): AcsRequest | undefined;
  /** The ACS answered what {@link nextRequest} gave last. */
  answered(): void;
  run(request: DeviceRequest): DeviceAnswer;
  /** The WebSocket subprotocols it offers in its Inform; left out, it knows nothing of the light transport. */
  readonly offers?: readonly string[];
  /** The ACS referred it to the light transport. */
  referred?(reference: WebSocketReference): void;
}

/** The ACS did not take a message of the session. */
export class SessionRefusedError extends Error {
  override readonly name = "SessionRefusedError";
  readonly code = "E_SESSION_REFUSED";
}

const NAMESPACE = "urn:dslforum-org:cwmp-1-2";

/**
 * Holds one session, from the Inform to the ACS's 204. Rejects with {@link SessionRefusedError} where the ACS refused, and
 * with what the connection says where it broke.
 */
export async function holdSession(dialogue: HttpDialogue, part: SessionPart): Promise<void> {
  const support = part.offers === undefined ? {} : { webSocketSupport: part.offers };
  const { header } = await ask(dialogue, part.inform, support);
  if (header.webSocketReference !== undefined) part.referred?.(header.webSocketReference);
  for (let request = part.nextRequest(); request !== undefined; request = part.nextRequest()) {
    await ask(dialogue, request);
    part.answered();
  }
  let reply = await post(dialogue, "");
  while (reply.status !== 204) {
    const { id, namespace, body } = read(reply);
    assert.ok(body.kind === "request", `the ACS should call or be silent, it sends: ${reply.body}`);
    reply = await post(dialogue, encodeAnswer({ id, namespace, ...part.run(body) }));
  }
}

async function ask(
  dialogue: HttpDialogue,
  request: AcsRequest,
  header: SoapHeader = {},
): Promise<SoapEnvelope<"device">> {
  const { method } = request;
  const reply = await post(dialogue, encodeRequest({ request, namespace: NAMESPACE, id: method, header }));
  const envelope = read(reply);
  const { body } = envelope;
  const isAnswer = body.kind === "answer" && body.method === method;
  if (!isAnswer) throw new SessionRefusedError(`${method} is answered with ${reply.body}`);
  return envelope;
}

async function post(dialogue: HttpDialogue, body: string): Promise<HttpReply> {
  const reply = await dialogue.post(body);
  assert.ok(reply !== undefined, "the device cuts no connection");
  if (reply.status === 200 || reply.status === 204) return reply;
  throw new SessionRefusedError(`the ACS answers ${reply.status}: ${reply.body}`);
}

function read({ body }: HttpReply): SoapEnvelope<"device"> {
  const decoded = decodeEnvelope(body, { role: "device", limits: defaultLimits });
  assert.ok(decoded.ok, `the ACS should send an envelope, it sends: ${body}`);
  return decoded.value;
}
