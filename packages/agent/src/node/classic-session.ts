import {
  cwmpNamespaceOf,
  cwmpVersions,
  decodeEnvelope,
  defaultLimits,
  encodeAnswer,
  encodeFault,
  encodeRequest,
  problems,
} from "@heliograph/protocol";
import type { AcsParams, AcsRequest, Fault, SoapEnvelope, SoapHeader } from "@heliograph/protocol";
import { machineClock } from "../device-clock.ts";
import type { DeviceClock } from "../device-clock.ts";
import type { DeviceReply, Dispatch } from "../dispatch.ts";
import { faulted } from "../outcome.ts";
import type { AcsConnection } from "./acs-connection.ts";

export interface ClassicSessionOptions {
  readonly connection: AcsConnection;
  readonly inform: AcsParams<"Inform">;
  /** What the Inform's SOAP header says. */
  readonly header: SoapHeader;
  /** The device's own next request, asked again after each answer; undefined where there is none. */
  readonly nextRequest: () => AcsRequest | undefined;
  readonly dispatch: Dispatch;
  readonly clock?: DeviceClock | undefined;
  /** Aborted where the session is to end at once. */
  readonly brokenOff?: AbortSignal;
  /** The Inform was answered: its events are delivered. */
  readonly onInformed: (header: SoapHeader) => void;
  /** The request that `nextRequest` gave was answered. */
  readonly onAnswered: (request: AcsRequest) => void;
}

/** The session came to no good end: the ACS refused it, or said what no ACS may say. It is to be tried again. */
export class SessionFailedError extends Error {
  override readonly name = "SessionFailedError";
  readonly code = "E_SESSION_FAILED";
  /** The HTTP status that the ACS refused a message with; undefined where it did otherwise. */
  readonly status: number | undefined;
  constructor(reason: string, { status }: { readonly status?: number } = {}) {
    super(reason);
    this.status = status;
  }
}

const READING = { role: "device", limits: defaultLimits } as const;
/** How often an ACS may ask for the same request once more before it is taken for broken [CWMP 1.4 A.5, 8005]. */
const MAX_REPEATS = 3;
/** How soon a device that the ACS holds, and has nothing to answer, asks again whether there is something. */
const HELD_PAUSE_MS = 1_000;
/** An ACS that only holds is as good as silent [CWMP 1.4 3.7.1.4]. */
const MAX_HELD_PAUSES = 30;

/** The header is at the beginning; what the device answers names the message by its id. */
const ID = /<(?:[\w-]+:)?ID(?:\s[^>]*)?>\s*([^<&]*?)\s*</;
const MAX_HEADER_CHARS = 4_096;

type FromAcs = SoapEnvelope<"device">;

/**
 * One session as a device [CWMP 1.4 3.7]: Inform, the device's own requests, an empty POST, and answers to whatever the
 * ACS asks until it has nothing more to say. Rejects with SessionFailedError or AcsConnectionError.
 */
export async function classicSession(options: ClassicSessionOptions): Promise<void> {
  return new Session(options).run();
}

class Session {
  readonly #options: ClassicSessionOptions;
  #requests = 0;
  /** While it is true the device only answers [CWMP 1.4 3.4.5]. */
  #holdRequests = false;
  /** CWMP's namespace since 1.2, which every ACS understands, until the ACS names an older version. */
  #namespace = cwmpNamespaceOf("1.4");

  constructor(options: ClassicSessionOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { inform, header, onInformed } = this.#options;
    const answer = await this.#ask({ method: "Inform", params: inform }, header);
    this.#agree(answer.useCwmpVersion);
    onInformed(answer);
    do {
      await this.#askAll();
      await this.#serveAll();
    } while (this.#mayAsk());
  }

  /** An ACS that knows of versions names the one of the session [CWMP 1.4 3.4.5]. */
  #agree(named: string | undefined): void {
    if (named === undefined) return;
    const { supportedCwmpVersions = [] } = this.#options.header;
    const version = cwmpVersions.find((each) => each === named);
    if (version === undefined || !supportedCwmpVersions.includes(version))
      throw new SessionFailedError(`the ACS names CWMP ${named}, which was not offered`);
    this.#namespace = cwmpNamespaceOf(version);
  }

  async #serveAll(): Promise<void> {
    let message = await this.#hear("");
    while (message !== undefined) message = await this.#hear(await this.#serve(message));
  }

  /** What the ACS says next; while it holds the device, that it has nothing to say is no end [CWMP 1.4 3.7.1.4]. */
  async #hear(body: string): Promise<FromAcs | undefined> {
    let message = await this.#post(body);
    for (let pauses = 0; message === undefined && this.#holdRequests; pauses++) {
      if (pauses === MAX_HELD_PAUSES)
        throw new SessionFailedError("the ACS holds the session and says nothing");
      await this.#pause();
      message = await this.#post("");
    }
    return message;
  }

  async #pause(): Promise<void> {
    const { clock = machineClock, brokenOff } = this.#options;
    const over = Promise.withResolvers<undefined>();
    const end = (): void => over.resolve(undefined);
    const timer = clock.after(HELD_PAUSE_MS, end);
    brokenOff?.addEventListener("abort", end, { once: true });
    await over.promise;
    timer.cancel();
    brokenOff?.removeEventListener("abort", end);
    if (brokenOff?.aborted === true) throw new SessionFailedError("the session was broken off");
  }

  #mayAsk(): boolean {
    return !this.#holdRequests && this.#options.nextRequest() !== undefined;
  }

  async #askAll(): Promise<void> {
    const { nextRequest, onAnswered } = this.#options;
    for (let request = nextRequest(); request !== undefined && !this.#holdRequests; request = nextRequest()) {
      await this.#ask(request);
      onAnswered(request);
    }
  }

  /** The SOAP header of the answer. */
  async #ask(request: AcsRequest, header: SoapHeader = {}): Promise<SoapHeader> {
    for (let repeats = 0; repeats <= MAX_REPEATS; repeats++) {
      this.#requests += 1;
      const id = String(this.#requests);
      const answer = await this.#post(encodeRequest({ request, id, namespace: this.#namespace, header }));
      const body = answer?.body;
      if (body?.kind === "answer" && body.method === request.method) return answer?.header ?? {};
      if (body?.kind !== "fault")
        throw new SessionFailedError(`the ACS answers ${request.method} with ${named(body)}`);
      if (body.fault.code !== 8005) throw refused(request.method, body.fault);
    }
    throw new SessionFailedError(`the ACS asks for ${request.method} again and again`);
  }

  /** What the ACS says next; undefined where it has nothing to say. */
  async #post(body: string): Promise<FromAcs | undefined> {
    const reply = await this.#options.connection.post(body);
    if (reply.status === 204 || (reply.status === 200 && reply.body.trim() === "")) return undefined;
    if (reply.status !== 200)
      throw new SessionFailedError(`the ACS answers with HTTP status ${reply.status}`, reply);
    if (reply.isCut) return tooLarge(reply.body, this.#namespace);
    const message = decodeEnvelope(reply.body, READING);
    if (!message.ok && message.problem.reason === "over-limit") return tooLarge(reply.body, this.#namespace);
    if (!message.ok) throw new SessionFailedError(`the ACS sends no envelope: ${message.problem.detail}`);
    this.#holdRequests = message.value.header.holdRequests ?? false;
    return message.value;
  }

  async #serve({ id, namespace, body, style }: FromAcs): Promise<string> {
    const frame = { id, namespace, style };
    const reply = await this.#reply(body);
    if (reply.kind === "answer") return encodeAnswer({ ...frame, ...reply });
    return encodeFault({ ...frame, fault: reply.fault, role: "device" });
  }

  async #reply(body: FromAcs["body"]): Promise<DeviceReply> {
    if (body.kind === "request") return this.#options.dispatch(body);
    if (!("part" in body) || body.part === "answer")
      throw new SessionFailedError(`the ACS sends ${named(body)} unasked`);
    if (body.kind === "unknown-method") return { kind: "fault", fault: faulted(9000, body.method).fault };
    const { reason, detail, at } = body.problem;
    return { kind: "fault", fault: { code: problems[reason].deviceFault, message: `${detail} at ${at}` } };
  }
}

/** An envelope that is not read any further than to answer it with fault 9004 [CWMP 1.4 3.5]. */
function tooLarge(text: string, namespace: string): FromAcs {
  const [, id = ""] = ID.exec(text.slice(0, MAX_HEADER_CHARS)) ?? [];
  const problem = { reason: "over-limit", at: "Envelope", detail: "the envelope is too large" } as const;
  return {
    namespace,
    ...(id === "" ? {} : { id }),
    header: {},
    style: {},
    body: { kind: "malformed", part: "request", method: "request", problem },
  };
}

function refused(method: string, { code, message }: Fault): SessionFailedError {
  return new SessionFailedError(`the ACS refuses ${method}: ${code} ${message}`);
}

function named(body: FromAcs["body"] | undefined): string {
  if (body === undefined) return "nothing";
  return body.kind === "fault" ? `fault ${body.fault.code}` : `the ${body.kind} ${body.method}`;
}
