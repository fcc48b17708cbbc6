import { STATUS_CODES } from "node:http";
import type { Visitor } from "../light/admission.ts";
import type { LightBounds } from "../light/light-settings.ts";
import type { Message } from "../light/codec.ts";
import type { Link } from "../light/link.ts";
import type { Refusal } from "../light/refusal.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";
import { chosen, SUBPROTOCOLS } from "../subprotocols.ts";
import { headOf } from "./http-exchange.ts";
import { tapOf } from "./link-tap.ts";

type TracePorts = Pick<SouthboundPorts, "traces" | "clock">;

/** How a connection began: with its handshake, and what was said until it was known whose it is. */
export interface Beginning {
  readonly visitor: Visitor;
  readonly heard: readonly Message[];
}

/** Has the trace of its device, if that is on, see what is said on the connection, from its beginning or from now on. */
export function traceLink(
  { traces, clock }: TracePorts,
  { maxMessageBytes }: Pick<LightBounds, "maxMessageBytes">,
  { link, beginning }: { readonly link: Link; readonly beginning?: Beginning },
): void {
  const { device, connection } = link.owner;
  const writer = traces.of(device);
  const subprotocol = chosen([link.owner.subprotocol], SUBPROTOCOLS);
  if (writer === undefined || subprotocol === undefined) {
    link.transport.tap(undefined);
    return;
  }
  const tap = tapOf({
    ...{ writer, clock, subprotocol, connection, maxMessageBytes },
    isWhole: beginning !== undefined,
    unfinished: () => link.unfinished,
  });
  const request = beginning?.visitor.request;
  if (request !== undefined) {
    const facts = { at: clock.now(), binding: subprotocol, connection } as const;
    writer.add({ ...facts, direction: "received", head: headOf(request) });
    const headers = [["Sec-WebSocket-Protocol", subprotocol]] as const;
    writer.add({ ...facts, direction: "sent", head: { line: "HTTP/1.1 101 Switching Protocols", headers } });
  }
  for (const message of beginning?.heard ?? []) tap.received(message);
  link.transport.tap(tap);
}

/** Tells the trace of its device, where that showed, that a connection was refused. */
export function traceRefusal(
  { traces, clock }: TracePorts,
  { request }: Visitor,
  { device, status, line, headers = {} }: Refusal,
): void {
  const writer = device && traces.of(device);
  if (writer === undefined) return;
  const facts = { at: clock.now(), binding: "http" } as const;
  if (request !== undefined) writer.add({ ...facts, direction: "received", head: headOf(request) });
  const head = { line: `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, headers: Object.entries(headers) };
  writer.add({ ...facts, direction: "sent", head, note: `a light connection is refused: ${line}` });
}
