import {
  decodeDeviceRequest,
  encodeAnswer,
  encodeFault,
  encodeRequest,
  faultText,
} from "@heliograph/protocol";
import type { AcsAnswer, SoapFrame, SoapHeader, SoapStyle } from "@heliograph/protocol";
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

/** All but `MaxEnvelopes` goes into the header: a device may refuse what it does not know in the body [TR-069 3.5]. */
export function writeInformResponse(manner: Manner, id: Id, header: SoapHeader): string {
  return encodeAnswer({ ...frame(manner, id), header, method: "Inform", result: { MaxEnvelopes: 1 } });
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
