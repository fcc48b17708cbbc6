import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { decodeEnvelope, problems } from "@heliograph/protocol";
import type { Limits, Problem, SoapEnvelope } from "@heliograph/protocol";
import { asError, gatewayId, subjects, unreachable } from "../../ports/index.ts";
import type { Clock, QuirkValue, Subscription } from "../../ports/index.ts";
import type { LoadGate } from "../load-gate.ts";
import { peerOf } from "../peer.ts";
import type { GatewayPorts } from "../southbound-ports.ts";
import { noteSession, traceExchange } from "../trace/http-exchange.ts";
import type { ExchangeMeans, HttpExchange } from "../trace/http-exchange.ts";
import { readBody } from "./body.ts";
import type { Body } from "./body.ts";
import { Challenges } from "./challenges.ts";
import { Conversation } from "./conversation.ts";
import { sessionCookies } from "./cookie.ts";
import type { CwmpBounds, CwmpSettings } from "./cwmp-settings.ts";
import { mannerOf, noteHabits } from "./habits.ts";
import { intake, passOver } from "./intake.ts";
import { writeFault } from "./messages.ts";
import { Opening } from "./opening.ts";
import type { Visitor } from "./opening.ts";
import { describe, meaningOf, probeOf } from "./reading.ts";
import type { Meaning } from "./reading.ts";
import { last, plain, soap, unavailable } from "./reply.ts";
import type { Reply } from "./reply.ts";
import { Sessions } from "./sessions.ts";
import type { Session } from "./sessions.ts";

/** One POST. */
interface Visit extends Visitor {
  /** Whether a cookie led to the session. */
  readonly cookies: QuirkValue<"cookies">;
  /** Whether it belongs to a session. */
  readonly known: boolean;
  /** That session, unless another of its requests is being answered. */
  readonly session: Session | undefined;
  readonly limits: Limits;
  /** Undefined while nobody is traced. */
  readonly exchange: HttpExchange | undefined;
}

type RefusedStatus = Extract<Body, { readonly type: "refused" }>["status"];

const REFUSED_BODY = {
  400: "the body is not what its Content-Encoding says",
  413: "the body is too large",
  415: "the Content-Encoding is none of gzip and deflate",
} as const;

/** To a device whose session is over or was never opened; it begins anew, with an Inform. */
const NO_SESSION = plain(400, "no such session: begin with an Inform");
const ONE_AT_A_TIME = plain(400, "the session's request before is not answered yet");

/** Enough to tell the sessions of one device apart. */
const SESSION_NAME_CHARS = 8;

/** The namespace of a fault to somebody who wrote in none. */
const UNKNOWN_MANNER = { namespace: "urn:dslforum-org:cwmp-1-0", style: {} };

const GATEWAY_ID_BYTES = 8;

/** Receives the devices' POSTs: reads them, finds their session or opens one, and says what they are answered. */
export class Reception {
  readonly #clock: Clock;
  readonly #settings: CwmpSettings;
  readonly #bounds: CwmpBounds;
  readonly #sessions: Sessions;
  readonly #challenges: Challenges;
  readonly #conversation: Conversation;
  readonly #opening: Opening;
  readonly #load: LoadGate;
  readonly #tracing: ExchangeMeans;
  readonly #rousing: Subscription;
  readonly #intake = intake();
  /** Connections whose device sends empty POSTs only to be challenged. */
  readonly #probed = new WeakSet<Socket>();
  #draining = false;

  constructor(ports: GatewayPorts, settings: CwmpSettings, bounds: CwmpBounds) {
    const { maxSessions } = bounds;
    const onTimeout = (session: Session): void => {
      const silence = `the device said nothing for ${Math.round(session.timeoutMs / 1000)} s`;
      this.#cut(session, silence).catch((error: unknown) => {
        ports.log.error("a silent session could not be ended", {
          device: session.device,
          error: asError(error),
        });
      });
    };
    const sessions = new Sessions({ clock: ports.clock, maxSessions, onTimeout });
    const challenges = new Challenges(ports, settings);
    const conversation = new Conversation({ ports, challenges, isDraining: () => this.#draining });
    this.#settings = settings;
    this.#bounds = bounds;
    this.#sessions = sessions;
    this.#challenges = challenges;
    this.#conversation = conversation;
    const gateway = gatewayId(ports.random.hex(GATEWAY_ID_BYTES));
    this.#opening = new Opening({ gateway, ports, settings, bounds, sessions, conversation, challenges });
    this.#rousing = ports.bus.subscribe(subjects.everyRouse(gateway), ({ device, connection }) => {
      sessions.of(device)?.owner?.rouse(connection);
    });
    this.#clock = ports.clock;
    this.#load = ports.load;
    this.#tracing = {
      ...ports,
      nameSession: (cookie) => ports.vault.fingerprint(cookie).slice(0, SESSION_NAME_CHARS),
    };
  }

  get sessions(): number {
    return this.#sessions.running;
  }

  /** Answers one request by `send`, which says whether the reply was handed to the socket. */
  async receive(request: IncomingMessage, send: (reply: Reply) => boolean): Promise<void> {
    const visit = this.#visit(request);
    const { session } = visit;
    const refusal = visit.known ? undefined : this.#turnAway();
    if (refusal !== undefined) {
      await passOver(request, visit.limits.maxChars);
      send(last(refusal));
      return;
    }
    if (session !== undefined) this.#sessions.hold(session);
    try {
      const reply = await this.#answer(request, visit);
      const isSent = reply === undefined || send(reply);
      if (reply !== undefined) visit.exchange?.answered(reply, isSent);
      if (!isSent && session !== undefined) await this.#conversation.tell(session, { type: "unsent" });
    } catch (error) {
      visit.exchange?.failed();
      throw error;
    } finally {
      if (session !== undefined) this.#sessions.release(session);
    }
  }

  /** Ends all sessions, of their own accord where they do so in time. */
  async close(): Promise<void> {
    this.#draining = true;
    const late = Promise.withResolvers<undefined>();
    const timer = this.#clock.after(this.#bounds.closeTimeoutMs, () => {
      late.resolve(undefined);
    });
    await Promise.race([this.#sessions.whenQuiet(), late.promise]);
    timer.cancel();
    for (const session of this.#sessions.all) {
      this.#sessions.remove(session);
      await this.#cut(session, "the ACS was stopped");
    }
    this.#rousing.unsubscribe();
  }

  #visit(request: IncomingMessage): Visit {
    const { headers } = request;
    const peer = peerOf(request, this.#settings.behindProxy);
    const socket = peer.direct ? request.socket : undefined;
    const cookies = sessionCookies(headers.cookie);
    const found = this.#sessions.find(cookies, socket);
    return {
      peer,
      socket,
      authorization: headers.authorization,
      lightUrl: () => this.#settings.lightUrl?.(request, peer),
      probes: this.#probed.has(request.socket),
      cookies: found !== undefined && cookies.includes(found.cookie) ? "returned" : "not-returned",
      known: found !== undefined,
      session: found?.busy === false ? found : undefined,
      limits: found === undefined ? this.#bounds.informLimits : this.#bounds.limits,
      exchange: traceExchange(this.#tracing, request, found),
    };
  }

  /** What a newcomer is told before anything of it is read; undefined where it is taken. */
  #turnAway(): Reply | undefined {
    const line = "the ACS is busy";
    if (this.#isFull()) return this.#opening.busy(line);
    const verdict = this.#load.judge();
    return verdict.type === "admit" ? undefined : unavailable(line, verdict.retryAfterSeconds);
  }

  #isFull(): boolean {
    return this.#draining || this.#sessions.isFull || this.#intake.held > this.#bounds.maxHeldBytes / 2;
  }

  /** Undefined where nobody waits for an answer. */
  async #answer(request: IncomingMessage, visit: Visit): Promise<Reply | undefined> {
    const { maxHeldBytes } = this.#bounds;
    const maxBytes = visit.limits.maxChars;
    const body = await readBody(request, { maxBytes, intake: this.#intake, maxHeldBytes });
    switch (body.type) {
      case "gone":
        return undefined;
      case "refused":
        visit.exchange?.unread(body.status === 503 ? "the ACS is busy" : REFUSED_BODY[body.status]);
        return this.#refuseBody(body.status, visit);
      case "text":
        visit.exchange?.heard(body.text);
        return body.text.trim() === "" ? this.#onEmptyPost(request, visit) : this.#onText(body.text, visit);
      default:
        return unreachable(body);
    }
  }

  async #refuseBody(status: RefusedStatus, { session }: Visit): Promise<Reply> {
    if (status === 503) return last(this.#opening.busy("the ACS is busy"));
    const detail = REFUSED_BODY[status];
    if (session !== undefined) await this.#conversation.tell(session, { type: "unreadable", detail });
    if (status !== 413) return last(plain(status, detail));
    const { acsFault } = problems["over-limit"];
    return last(soap(writeFault(mannerTo(session), undefined, { code: acsFault, detail }), status));
  }

  async #onEmptyPost(request: IncomingMessage, visit: Visit): Promise<Reply> {
    const { session, authorization, peer } = visit;
    if (session !== undefined) {
      session.cookies = visit.cookies;
      return this.#conversation.answer(session, {
        type: "empty-post",
        probe: probeOf(session, authorization),
      });
    }
    if (visit.known) return ONE_AT_A_TIME;
    if (authorization !== undefined) return NO_SESSION;
    this.#probed.add(request.socket);
    return this.#challenges.reply(peer);
  }

  async #onText(text: string, visit: Visit): Promise<Reply> {
    const decoded = decodeEnvelope(text, { role: "acs", limits: visit.limits });
    if (!decoded.ok) return this.#onUnreadable(decoded.problem, visit);
    const meaning = meaningOf(decoded.value);
    if (meaning.type === "inform") {
      visit.exchange?.names(meaning.inform.params.DeviceId);
      return this.#draining
        ? this.#opening.busy("the ACS is stopping")
        : this.#opening.open(meaning.inform, visit);
    }
    if (visit.session !== undefined) {
      noteHabits(visit.session, visit, meaning);
      return this.#converse(visit.session, decoded.value, meaning);
    }
    if (visit.known) return ONE_AT_A_TIME;
    return meaning.type === "fault"
      ? soap(writeFault(decoded.value, decoded.value.id, meaning), 400)
      : NO_SESSION;
  }

  async #onUnreadable(problem: Problem, { session }: Visit): Promise<Reply> {
    const detail = describe(problem);
    if (session !== undefined) await this.#conversation.tell(session, { type: "unreadable", detail });
    const { httpStatus, acsFault } = problems[problem.reason];
    if (problem.reason === "not-xml") {
      return plain(httpStatus, `the body is no XML: ${problem.detail} at character ${problem.at}`);
    }
    return soap(writeFault(mannerTo(session), undefined, { code: acsFault, detail }), httpStatus);
  }

  async #converse(
    session: Session,
    { id, style }: SoapEnvelope<"acs">,
    meaning: Exclude<Meaning, { readonly type: "inform" }>,
  ): Promise<Reply> {
    session.style = { ...session.style, ...style };
    return meaning.type === "fault"
      ? soap(writeFault(mannerOf(session), id, meaning))
      : this.#conversation.answer(session, meaning.input);
  }

  async #cut(session: Session, detail: string): Promise<void> {
    noteSession(this.#tracing, session, detail);
    await this.#conversation.tell(session, { type: "cut", detail });
  }
}

/** How a fault is written to a device, of whose manner nothing is known before its session. */
function mannerTo(session: Session | undefined): Parameters<typeof writeFault>[0] {
  return session === undefined ? UNKNOWN_MANNER : mannerOf(session);
}
