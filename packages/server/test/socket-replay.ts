import assert from "node:assert/strict";
import { decodeEnvelope, defaultLimits } from "@heliograph/protocol";
import type { SoapEnvelope, WebSocketReference } from "@heliograph/protocol";
import { Arrivals, Replay } from "@heliograph/testkit";
import type { CapturedSession, Exchange, ReplayOptions } from "@heliograph/testkit";
import { WebSocket } from "ws";

const SUPPORT =
  '<lt:WebSocketSupport xmlns:lt="urn:heliograph:light-1"><Subprotocols>cwmp.soap</Subprotocols></lt:WebSocketSupport>';

/**
 * Has a captured device referred to the light transport: its Inform, with that said in its header, and the end of the session.
 * The credentials that it proves itself by are the capture's.
 */
export async function referCaptured(
  session: CapturedSession,
  options: ReplayOptions,
): Promise<WebSocketReference> {
  const [inform] = session.exchanges;
  assert.ok(inform !== undefined);
  const body = inform.request.body.replace(/<\/([\w-]+:)?Header>/, (end) => SUPPORT + end);
  assert.notEqual(body, inform.request.body, "the captured Inform has a header");
  const offering = { ...inform, request: { ...inform.request, body } };
  const empty: Exchange = {
    ...inform,
    request: { ...inform.request, body: "" },
    reply: { ...inform.reply, status: 204, body: "" },
  };
  using replay = new Replay(options);
  const [answered] = await replay.session({ ...session, exchanges: [offering, empty] });
  const reference = envelopeOf(answered?.reply.body ?? "").header.webSocketReference;
  assert.ok(reference !== undefined, "the InformResponse carries no reference");
  return reference;
}

/** Plays captured sessions over one socket: each body as it is, but for the ids of the calls that it answers. */
export class SocketReplay implements Disposable {
  readonly #socket: WebSocket;
  readonly #calls = new Arrivals<string>("a call");
  readonly #answers = new Arrivals<string>("an answer");
  readonly #ids = new Map<string, string>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      const text = Buffer.isBuffer(data) ? data.toString("utf8") : "";
      const isCall = envelopeOf(text).body.kind === "request";
      (isCall ? this.#calls : this.#answers).add(text);
    });
  }

  static async open({ url, token }: WebSocketReference): Promise<SocketReplay> {
    const socket = new WebSocket(url, "cwmp.soap", { headers: { Authorization: `Bearer ${token}` } });
    const replay = new SocketReplay(socket);
    await new Promise<void>((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return replay;
  }

  /** What the ACS said in place of each captured reply that had a body, in their order. */
  async session({ exchanges }: CapturedSession): Promise<readonly string[]> {
    const said: string[] = [];
    for (const { request, reply } of exchanges) {
      if (request.body !== "") this.#socket.send(this.#translate(request.body));
      if (reply.body === "") continue;
      const captured = envelopeOf(reply.body);
      const isCall = captured.body.kind === "request";
      const text = await (isCall ? this.#calls : this.#answers).take();
      const { id } = envelopeOf(text);
      if (isCall && captured.id !== undefined && id !== undefined) this.#ids.set(captured.id, id);
      said.push(text);
    }
    return said;
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }

  #translate(text: string): string {
    let translated = text;
    for (const [captured, own] of this.#ids)
      translated = translated.replaceAll(`>${captured}</`, `>${own}</`);
    return translated;
  }
}

function envelopeOf(text: string): SoapEnvelope<"device"> {
  const envelope = decodeEnvelope(text, { role: "device", limits: defaultLimits });
  assert.ok(envelope.ok, text);
  return envelope.value;
}
