import {
  decodeToken,
  defaultLimits,
  encodeTokenAnswer,
  encodeTokenRequest,
  type DeviceRequest,
  type WebSocketReference,
} from "@heliograph/protocol";
import { WebSocket } from "ws";
import type { Guest } from "./returning-guest.ts";

/** As many of its last answers a device keeps, so that nothing runs twice. */
const REPLAY_WINDOW = 8;
const ATTACHING = { MaxInFlight: 8, ReplayWindow: REPLAY_WINDOW } as const;

/**
 * A light device without anything that a device needs besides: it opens its sockets by the newest of its tokens, and never
 * informs. `run` gives the result of a call that it did not run before.
 */
export function lightGuest(reference: WebSocketReference, run: (call: DeviceRequest) => object): Guest {
  const answers = new Map<string, string>();
  let { token } = reference;
  let asked = 0;
  const answer = (id: string, call: DeviceRequest): string => {
    const known = answers.get(id) ?? encodeTokenAnswer(id, run(call));
    answers.delete(id);
    answers.set(id, known);
    for (const oldest of answers.keys()) if (answers.size > REPLAY_WINDOW) answers.delete(oldest);
    return known;
  };
  return {
    open: () => {
      const headers = { Authorization: `Bearer ${token}` };
      return new WebSocket(reference.url, "cwmp.json", { headers, perMessageDeflate: false });
    },
    greeting: () => {
      asked += 1;
      return encodeTokenRequest({ id: `d${asked}`, method: "Attach", params: ATTACHING });
    },
    hear: (text, say) => {
      const heard = decodeToken(text, { role: "device", limits: defaultLimits });
      if (!heard.ok) throw new Error(`the ACS sends what is no token: ${text}`);
      if (heard.value.kind === "answer") {
        token = tokenOf(heard.value.result);
        return "welcome";
      }
      if (heard.value.kind === "fault") return "turned-away";
      if (heard.value.kind !== "request" || heard.value.id === undefined) return "nothing";
      say(answer(String(heard.value.id), heard.value));
      return "nothing";
    },
  };
}

function tokenOf(result: unknown): string {
  const token: unknown = typeof result === "object" && result !== null ? Reflect.get(result, "Token") : "";
  if (typeof token === "string" && token !== "") return token;
  throw new Error(`the ACS answers Attach without a token: ${JSON.stringify(result)}`);
}
