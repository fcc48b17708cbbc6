import {
  decodeDeviceRequest,
  encodeAnswer,
  encodeFault,
  encodeRequest,
  faultText,
} from "@heliograph/protocol";
import type { AcsAnswer, SoapFrame, SoapStyle, WebSocketReference } from "@heliograph/protocol";
import type { Call } from "../../ports/index.ts";

/** How a device writes, so that it is answered in kind. */
export interface Manner {
  readonly namespace: string;
  readonly style: SoapStyle;
}

type Id = string | undefined;

/** Throws where the engine asks for what is no RPC, which it never accepted. */
export function writeCall(manner: Manner, { callId, method, params }: Call): string {
  const request = decodeDeviceRequest(method, params);
  if (!request.ok) throw new Error(`cannot write a call of ${method}: ${request.problem.detail}`);
  return encodeRequest({ ...frame(manner, callId), request: request.value });
}

/** With the reference to the light transport in its header, where the device is given one there [LIGHT 1.2]. */
export function writeInformResponse(manner: Manner, id: Id, reference?: WebSocketReference): string {
  const header = reference === undefined ? {} : { header: { webSocketReference: reference } };
  return encodeAnswer({ ...frame(manner, id), ...header, method: "Inform", result: { MaxEnvelopes: 1 } });
}

export function writeAnswer(manner: Manner, id: Id, answer: AcsAnswer): string {
  return encodeAnswer({ ...frame(manner, id), ...answer });
}

/** `detail`: what is wrong with what the device sent, for the person who reads its log. */
export function writeFault(
  manner: Manner,
  id: Id,
  { code, detail }: { readonly code: number; readonly detail?: string },
): string {
  const message = detail === undefined ? faultText(code) : `${faultText(code)}: ${detail}`;
  return encodeFault({ ...frame(manner, id), role: "acs", fault: { code, message } });
}

function frame({ namespace, style }: Manner, id: Id): SoapFrame {
  return { namespace, style, ...(id === undefined ? {} : { id }) };
}
