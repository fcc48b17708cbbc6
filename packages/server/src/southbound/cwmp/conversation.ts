import { acsRpcs } from "@heliograph/protocol";
import { unreachable } from "../../ports/index.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";
import type { Challenges } from "./challenges.ts";
import { learnFrom, mannerOf } from "./habits.ts";
import { writeAnswer, writeCall, writeFault } from "./messages.ts";
import type { Owner, SessionEnd } from "./owner.ts";
import { call, nothing, soap } from "./reply.ts";
import type { Reply } from "./reply.ts";
import { decide } from "./session.ts";
import type { OwnRequest, SessionEffect, SessionInput } from "./session.ts";
import type { Session } from "./sessions.ts";

export interface ConversationMeans {
  readonly ports: SouthboundPorts;
  readonly challenges: Challenges;
  /** Whether the gateway ends: no session is called any more. */
  readonly isDraining: () => boolean;
}

/** Leads the sessions: performs what `decide` asks for, and feeds it what came of that. */
export class Conversation {
  readonly #means: ConversationMeans;

  constructor(means: ConversationMeans) {
    this.#means = means;
  }

  /** What the device is answered. */
  async answer(session: Session, input: SessionInput): Promise<Reply> {
    return (await this.#take(session, input)) ?? nothing;
  }

  /** Takes what needs no answer. */
  tell(session: Session, input: SessionInput): Promise<unknown> {
    return this.#take(session, input);
  }

  async #take(session: Session, input: SessionInput): Promise<Reply | undefined> {
    const { state, effects } = decide(session.state, input);
    session.state = state;
    let reply: Reply | undefined;
    for (const effect of effects) {
      const performed = this.#perform(session, effect);
      // Most are done at once.
      reply = (performed instanceof Promise ? await performed : performed) ?? reply;
    }
    return reply;
  }

  #perform(session: Session, effect: SessionEffect): Reply | undefined | Promise<Reply | undefined> {
    switch (effect.type) {
      case "ask":
        return this.#askNext(session, effect.ended);
      case "serve":
        return this.#serve(session, effect);
      case "send-call":
        return call(writeCall(mannerOf(session), effect.call));
      case "send-nothing":
        return nothing;
      case "challenge":
        session.probes ??= true;
        session.challenged = true;
        return this.#means.challenges.reply(session.peer, { digest: session.quirks.values.digest });
      case "close":
        learnFrom(session, this.#means.ports);
        return close(session.owner, effect);
      default:
        return unreachable(effect);
    }
  }

  async #askNext(session: Session, ended: Ended): Promise<Reply | undefined> {
    if (this.#means.isDraining()) {
      // Whoever stops takes no more calls; how the last one ended is told all the same.
      await close(session.owner, { ...(ended && { ended }) });
      return await this.#take(session, { type: "next", reply: { type: "superseded" } });
    }
    const reply = (await session.owner?.next(ended)) ?? { type: "nothing" };
    return await this.#take(session, { type: "next", reply });
  }

  async #serve(session: Session, { id, request }: OwnRequest): Promise<Reply> {
    switch (request.method) {
      case "GetRPCMethods": {
        const result = { MethodList: Object.keys(acsRpcs) };
        return soap(writeAnswer(mannerOf(session), id, { method: request.method, result }));
      }
      case "Kicked":
      case "TransferComplete":
      case "AutonomousTransferComplete":
      case "RequestDownload":
      case "DUStateChangeComplete":
      case "AutonomousDUStateChangeComplete": {
        // Stored before it is answered: the answer tells the device to forget.
        const isStored = (await session.owner?.report(request.method, request.params)) ?? false;
        const answer = { method: request.method, result: {} };
        const manner = mannerOf(session);
        return soap(isStored ? writeAnswer(manner, id, answer) : writeFault(manner, id, { code: 8005 }));
      }
      default:
        return soap(writeFault(mannerOf(session), id, { code: 8000 }));
    }
  }
}

type Ended = Parameters<Owner["next"]>[0];

/** Waited for where it says what became of a call: the engine must hear of that before it hears of the next session. */
function close(owner: Owner | undefined, { ended, unheard }: SessionEnd): Promise<undefined> | undefined {
  const told = owner?.closed({ ...(ended && { ended }), ...(unheard && { unheard }) });
  return ended === undefined && unheard === undefined ? undefined : told;
}
