import { unreachable } from "../../ports/index.ts";
import type { Call, LightToken } from "../../ports/index.ts";
import type { Standings } from "./channels/channels.ts";
import { barred, replaced } from "./closing.ts";
import type {
  Attaching,
  ConnectionDecision,
  ConnectionEffect,
  ConnectionInput,
  OpenConnection,
} from "./connection.ts";
import { after, close, sendAway, stay } from "./decision.ts";
import { engineFound, engineMissing, retryLater, served } from "./serving.ts";

/** The device said something that is no Attach, or nothing for long: it may be called as it is. */
export function attachByDefault(open: OpenConnection): ConnectionDecision {
  return open.attached || open.attaching.length > 0 ? stay(open) : attachAgain(open);
}

/** Has the engine hear of the device as it was attached last. */
export function attachAgain(open: OpenConnection): ConnectionDecision {
  return attach(open, { limits: open.limits, own: false });
}

export function attach(open: OpenConnection, attaching: Attaching): ConnectionDecision {
  return attachNext({ ...open, attaching: [...open.attaching, attaching] });
}

/** Asks the engine, unless it is being asked, or an Inform that came before is not stored yet. */
export function attachNext(open: OpenConnection): ConnectionDecision {
  const [next] = open.attaching;
  if (next === undefined || open.asking || open.informs > 0) return stay(open);
  const { limits, channels } = next;
  const effect = { type: "ask-attach", limits, ...(channels === undefined ? {} : { channels }) } as const;
  return stay({ ...open, asking: true }, [effect]);
}

export function onAttached(
  open: OpenConnection,
  { reply, channels }: Extract<ConnectionInput, { readonly type: "attached" }>,
): ConnectionDecision {
  const [answered, ...attaching] = open.attaching;
  if (answered === undefined) return stay(open);
  const { own, id } = answered;
  const asked = { ...(own ? served(open, id) : open), attaching, asking: false };
  switch (reply.type) {
    case "attached":
      return after(
        [...answer(answered, reply.token, channels), ...engineFound(open)],
        goOn({ ...asked, attached: true, limits: answered.limits, orphaned: false }),
      );
    case "superseded":
      return close(replaced);
    case "refused":
      return close(barred[reply.reason]);
    case "unreachable": {
      if (answered.opens === true) return sendAway;
      const limits = answered.lasting === true ? answered.limits : open.limits;
      return after(
        [...unattached(answered), ...engineMissing(open)],
        goOn({ ...asked, limits, orphaned: true }),
      );
    }
    default:
      return unreachable(reply);
  }
}

/** What was published comes after the answer, never before it. */
function answer(
  { id }: Attaching,
  token: LightToken,
  channels: Standings | undefined,
): readonly ConnectionEffect[] {
  const standings = channels === undefined ? {} : { channels };
  const told: readonly ConnectionEffect[] = channels === undefined ? [] : [{ type: "tell-channels" }];
  return id === undefined ? told : [{ type: "answer-attach", id, token, ...standings }, ...told];
}

/** What is stored is not asked for again. */
function unattached({ id, informed }: Attaching): readonly ConnectionEffect[] {
  if (id === undefined || informed === undefined) return retryLater(id);
  return [{ type: "answer", id, result: informed }];
}

/** The next Attach, else the calls that waited for the answer to the last. */
function goOn(open: OpenConnection): ConnectionDecision {
  if (open.attaching.length > 0) return attachNext(open);
  return stay(
    { ...open, held: [] },
    open.held.map((call) => sendOrGiveBack(open, call)),
  );
}

/** A device that is attached may be called. */
export function sendOrGiveBack({ attached, limits }: OpenConnection, call: Call): ConnectionEffect {
  return attached
    ? { type: "send-call", call, maxMessageBytes: limits.maxMessageBytes }
    : { type: "give-back", call };
}
