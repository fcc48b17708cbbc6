import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { decodeEnvelope, problems } from "@heliograph/protocol";
import type { Limits, Problem, SoapEnvelope } from "@heliograph/protocol";
import { asError, gatewayId, subjects, unreachable } from "../../ports/index.ts";
import type { Clock, GatewayId, QuirkValue, Subscription } from "../../ports/index.ts";
import type { Engines } from "../engines.ts";
import type { LoadGate } from "../load-gate.ts";
import { peerOf } from "../peer.ts";
import type { GatewayPorts } from "../southbound-ports.ts";
import { connectionOf, noteSession, traceExchange, traceRelayed } from "../trace/http-exchange.ts";
import type { ExchangeMeans, HttpExchange } from "../trace/http-exchange.ts";
import { readBody } from "./body.ts";
import type { Body } from "./body.ts";
import { Challenges } from "./challenges.ts";
import { Conversation } from "./conversation.ts";
import { gatewayOf, sessionCookies } from "./cookie.ts";
import type { CwmpBounds, CwmpSettings } from "./cwmp-settings.ts";
import { mannerOf, noteHabits } from "./habits.ts";
import { intake, passOver } from "./intake.ts";
import { KnownInforms } from "./known-informs.ts";
import { writeFault } from "./messages.ts";
import { isWelcome, Opening } from "./opening.ts";
import type { Visitor } from "./opening.ts";
import { describe, meaningOf, probeOf } from "./reading.ts";
import type { Inform, Meaning } from "./reading.ts";
import { PostOffice } from "./relay/post-office.ts";
import { Relay } from "./relay/relay.ts";
import type { RelayedReply, StrayPost } from "./relay/relay.ts";
import { last, plain, soap, unavailable } from "./reply.ts";
import type { Reply } from "./reply.ts";
import { Sessions } from "./sessions.ts";
import type { Session } from "./sessions.ts";

/** One POST. */
interface Visit extends Visitor {
  readonly request: IncomingMessage;
  /** Whether a cookie led to the session. */
  readonly cookies: QuirkValue<"cookies">;
  /** Whether it belongs to a session. */
  readonly known: boolean;
  /** That session, unless another of its requests is being answered. */
  readonly session: Session | undefined;
  /** The cookie of a session that another gateway holds; undefined where there is none. */
  readonly stray: string | undefined;
  readonly limits: Limits;
  /** Undefined while nobody is traced. */
  readonly exchange: HttpExchange | undefined;
}

/** The answer that another gateway was given to hand over. */
interface Handed {
  readonly post: string;
  readonly state: Session["state"];
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

/** It stands in each cookie, which shall not be long. */
const GATEWAY_ID_BYTES = 4;

/** What an Inform cannot be without; what has it is read before it is taken for one. */
const INFORM = /[<:]Inform[\s/>]/;

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
  readonly #engines: Engines;
  readonly #tracing: ExchangeMeans;
  readonly #rousing: Subscription;
  readonly #gateway: GatewayId;
  readonly #relay: Relay;
  readonly #office: PostOffice;
  /** The last answer of a session that another gateway was to hand over. */
  readonly #handed = new WeakMap<Session, Handed>();
  readonly #intake = intake();
  readonly #informs: KnownInforms;
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
    const gateway = gatewayId(ports.random.hex(GATEWAY_ID_BYTES));
    const challenges = new Challenges(ports, settings, gateway);
    const conversation = new Conversation({ ports, challenges, isDraining: () => this.#draining });
    this.#settings = settings;
    this.#bounds = bounds;
    this.#sessions = sessions;
    this.#challenges = challenges;
    this.#conversation = conversation;
    this.#opening = new Opening({ gateway, ports, settings, bounds, sessions, conversation, challenges });
    this.#gateway = gateway;
    this.#relay = new Relay(ports);
    this.#office = new PostOffice({
      ...{ ports, gateway },
      answer: (post, stray) => this.#answerStray(post, stray),
      unsent: (post, cookie) => this.#strayUnsent(post, cookie),
    });
    this.#rousing = ports.bus.subscribe(subjects.everyRouse(gateway), ({ device, connection }) => {
      sessions.of(device)?.owner?.rouse(connection);
    });
    this.#clock = ports.clock;
    this.#informs = new KnownInforms(ports.clock);
    this.#load = ports.load;
    this.#engines = ports.engines;
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
    const refusal = visit.known || visit.stray !== undefined ? undefined : this.#turnAway();
    if (refusal !== undefined) {
      await passOver(request, visit.limits.maxChars);
      send(last(refusal));
      return;
    }
    if (session !== undefined) this.#sessions.hold(session);
    try {
      const answer = await this.#answer(visit);
      if (answer === undefined) return;
      const { reply, unsent } = "reply" in answer ? answer : { reply: answer };
      const isSent = send(reply);
      visit.exchange?.answered(reply, isSent);
      if (isSent) return;
      if (session !== undefined) await this.#conversation.tell(session, { type: "unsent" });
      await unsent?.();
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
    this.#office.close();
    this.#challenges.close();
  }

  #visit(request: IncomingMessage): Visit {
    const { headers } = request;
    const peer = peerOf(request, this.#settings.behindProxy);
    const socket = peer.direct ? request.socket : undefined;
    const cookies = sessionCookies(headers.cookie);
    const found = this.#sessions.find(cookies, socket);
    const isElsewhere = (cookie: string): boolean => gatewayOf(cookie) !== this.#gateway;
    const stray = found === undefined ? cookies.find(isElsewhere) : undefined;
    const isKnown = found !== undefined || stray !== undefined;
    return {
      request,
      peer,
      socket,
      authorization: headers.authorization,
      lightUrl: () => this.#settings.lightUrl?.(request, peer),
      probes: this.#probed.has(request.socket),
      cookies: found !== undefined && cookies.includes(found.cookie) ? "returned" : "not-returned",
      known: found !== undefined,
      session: found?.busy === false ? found : undefined,
      stray,
      limits: isKnown ? this.#bounds.limits : this.#bounds.informLimits,
      exchange: traceExchange(this.#tracing, request, found),
    };
  }

  /** What a newcomer is told before anything of it is read; undefined where it is taken. */
  #turnAway(): Reply | undefined {
    const line = "the ACS is busy";
    if (this.#engines.isStranded) return this.#opening.busy("no engine is there");
    if (this.#isFull()) return this.#opening.busy(line);
    const verdict = this.#load.judge();
    return verdict.type === "admit" ? undefined : unavailable(line, verdict.retryAfterSeconds);
  }

  #isFull(): boolean {
    return this.#draining || this.#sessions.isFull || this.#intake.held > this.#bounds.maxHeldBytes / 2;
  }

  /** Undefined where nobody waits for an answer. */
  async #answer(visit: Visit): Promise<Reply | RelayedReply | undefined> {
    const { maxHeldBytes } = this.#bounds;
    const maxBytes = visit.limits.maxChars;
    const body = await readBody(visit.request, { maxBytes, intake: this.#intake, maxHeldBytes });
    switch (body.type) {
      case "gone":
        return undefined;
      case "refused":
        visit.exchange?.unread(body.status === 503 ? "the ACS is busy" : REFUSED_BODY[body.status]);
        return this.#refuseBody(body.status, visit);
      case "text":
        visit.exchange?.heard(body.text);
        if (visit.stray !== undefined && !INFORM.test(body.text)) {
          return this.#sendOn(visit.stray, body.text, visit);
        }
        return await (body.text.trim() === "" ? this.#onEmptyPost(visit) : this.#onText(body.text, visit));
      default:
        return unreachable(body);
    }
  }

  /** Asks the gateway that holds the session. A session that is continued by its cookie alone is continued by nobody else. */
  async #sendOn(
    cookie: string,
    text: string,
    { request, authorization }: Visit,
  ): Promise<Reply | RelayedReply> {
    if (this.#relay.isFull) return last(this.#opening.busy("the ACS is busy"));
    const authorized = authorization !== undefined;
    const relayed = await this.#relay.ask({ cookie, authorized, from: connectionOf(request), text });
    return relayed ?? NO_SESSION;
  }

  /** Another gateway got a request of one of our sessions. */
  async #answerStray(
    post: string,
    { cookie, authorized, from, text }: StrayPost,
  ): Promise<Reply | undefined> {
    const session = this.#sessions.find([cookie], undefined);
    if (session === undefined) return undefined;
    if (session.busy) return ONE_AT_A_TIME;
    this.#sessions.hold(session);
    try {
      const exchange = traceRelayed(this.#tracing, from, session);
      exchange?.heard(text);
      const reply = await this.#onStray(session, text, authorized);
      exchange?.answered(reply, true);
      this.#handed.set(session, { post, state: session.state });
      return reply;
    } finally {
      this.#sessions.release(session);
    }
  }

  async #onStray(session: Session, text: string, authorized: boolean): Promise<Reply> {
    const authorization = authorized ? "" : undefined;
    session.cookies = "returned";
    if (text.trim() === "") {
      const probe = probeOf(session, authorization);
      return this.#conversation.answer(session, { type: "empty-post", probe });
    }
    const decoded = decodeEnvelope(text, { role: "acs", limits: this.#bounds.limits });
    if (!decoded.ok) return this.#onUnreadable(decoded.problem, { session });
    const meaning = meaningOf(decoded.value);
    // Whoever got it would have opened a session by it.
    if (meaning.type === "inform") return NO_SESSION;
    noteHabits(session, { cookies: "returned", authorization }, meaning);
    return this.#converse(session, decoded.value, meaning);
  }

  /** Unless the session has gone on since. */
  async #strayUnsent(post: string, cookie: string): Promise<void> {
    const session = this.#sessions.find([cookie], undefined);
    const handed = session && this.#handed.get(session);
    if (session?.busy !== false || handed?.post !== post || handed.state !== session.state) return;
    await this.#conversation.tell(session, { type: "unsent" });
  }

  async #refuseBody(status: RefusedStatus, { session }: Visit): Promise<Reply> {
    if (status === 503) return last(this.#opening.busy("the ACS is busy"));
    const detail = REFUSED_BODY[status];
    if (session !== undefined) await this.#conversation.tell(session, { type: "unreadable", detail });
    if (status !== 413) return last(plain(status, detail));
    const { acsFault } = problems["over-limit"];
    return last(soap(writeFault(mannerTo(session), undefined, { code: acsFault, detail }), status));
  }

  #onEmptyPost(visit: Visit): Reply | Promise<Reply> {
    const { request, session, authorization, peer } = visit;
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

  #onText(text: string, visit: Visit): Reply | Promise<Reply | RelayedReply> {
    const known = this.#informs.find(text);
    return known === undefined ? this.#onNewText(text, visit) : this.#onInform(known, visit);
  }

  async #onNewText(text: string, visit: Visit): Promise<Reply | RelayedReply> {
    const decoded = decodeEnvelope(text, { role: "acs", limits: visit.limits });
    if (!decoded.ok) return this.#onUnreadable(decoded.problem, visit);
    const meaning = meaningOf(decoded.value);
    if (meaning.type === "inform") {
      const reply = await this.#onInform(meaning.inform, visit);
      if (isWelcome(reply)) this.#informs.remember(text, meaning);
      return reply;
    }
    if (visit.session !== undefined) {
      noteHabits(visit.session, visit, meaning);
      return this.#converse(visit.session, decoded.value, meaning);
    }
    if (visit.known) return ONE_AT_A_TIME;
    if (visit.stray !== undefined) return this.#sendOn(visit.stray, text, visit);
    return meaning.type === "fault"
      ? soap(writeFault(decoded.value, decoded.value.id, meaning), 400)
      : NO_SESSION;
  }

  #onInform(inform: Inform, visit: Visit): Reply | Promise<Reply> {
    visit.exchange?.names(inform.deviceId);
    // It had a cookie of an earlier session, and is a newcomer all the same.
    const refusal = visit.stray === undefined ? undefined : this.#turnAway();
    if (refusal !== undefined) return last(refusal);
    return this.#draining ? this.#opening.busy("the ACS is stopping") : this.#opening.open(inform, visit);
  }

  async #onUnreadable(problem: Problem, { session }: Pick<Visit, "session">): Promise<Reply> {
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
