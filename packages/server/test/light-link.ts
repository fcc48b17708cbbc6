import { NoReplyError } from "@heliograph/testkit";
import {
  checkParams,
  decodeAcsAnswer,
  decodeToken,
  defaultLimits,
  encodeTokenAnswer,
  encodeTokenRequest,
  lightRpcs,
  positionalAnswer,
  type AcsRequest,
  type DeviceAnswer,
  type DeviceRequest,
  type LightParams,
  type LightResult,
} from "@heliograph/protocol";
import { WebSocket } from "ws";

export interface Serving {
  readonly replayWindow: number;
  /** By the id of their calls, oldest first. */
  readonly answers: Map<string, string>;
  run(request: DeviceRequest): DeviceAnswer;
  /** An answer was handed to the socket. */
  served(): void;
}

/** The ACS refused a request; another try may go better. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly code = "E_REFUSED";
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One light connection of a device of the dialogs: it asks, serves, and keeps its last answers. */
export class LightLink {
  /** Resolves when the connection has ended, however. */
  readonly closed: Promise<undefined>;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, Waiting>();
  readonly #early: string[] = [];
  #asked = 0;
  #isOurs = false;
  #serving: Serving | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    const ended = Promise.withResolvers<undefined>();
    this.closed = ended.promise;
    socket.on("close", () => {
      this.#end();
      ended.resolve(undefined);
    });
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer) => this.#onText(data.toString()));
  }

  /** Rejects with {@link NoReplyError} where the link breaks. */
  static async open(url: string, token: string): Promise<LightLink | "unauthorized"> {
    const socket = new WebSocket(url, "cwmp.json", { headers: { Authorization: `Bearer ${token}` } });
    const opened = Promise.withResolvers<LightLink | "unauthorized">();
    const link = new LightLink(socket);
    socket.once("open", () => opened.resolve(link));
    socket.once("unexpected-response", (request, { statusCode }) => {
      request.destroy();
      if (statusCode === 401) opened.resolve("unauthorized");
      else opened.reject(new NoReplyError(`the ACS answers the upgrade with ${statusCode ?? 0}`));
    });
    socket.once("error", (error) => opened.reject(new NoReplyError(error.message)));
    socket.once("close", () => opened.reject(new NoReplyError("the connection ended as it was opened")));
    return opened.promise;
  }

  /** Whether the device ended it, or began to. */
  get isOurs(): boolean {
    return this.#isOurs;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Serves calls from now on, those that came before included. */
  serve(serving: Serving): void {
    this.#serving = serving;
    for (const text of this.#early.splice(0)) this.#onText(text);
  }

  async attach(params: LightParams<"Attach">): Promise<LightResult<"Attach">> {
    const decoded = checkParams(lightRpcs.Attach.answer, await this.#request("Attach", params), {
      strictness: "schema",
    });
    if (!decoded.ok)
      throw new Error(`the answer to Attach: ${decoded.problem.at}: ${decoded.problem.detail}`);
    return decoded.value;
  }

  /** Rejects with {@link NoReplyError} where no answer came, and with {@link RefusedError} where it was a fault. */
  async ask({ method, params }: AcsRequest): Promise<void> {
    const decoded = decodeAcsAnswer(method, await this.#request(method, params));
    if (!decoded.ok) throw new Error(`the answer to ${method}: ${decoded.problem.detail}`);
  }

  async close(): Promise<void> {
    this.#isOurs = true;
    this.#socket.close(1000);
    await this.closed;
  }

  cut(): void {
    this.#socket.terminate();
  }

  async #request(method: string, params: object): Promise<unknown> {
    this.#asked += 1;
    const id = `d${this.#asked}`;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    this.#socket.send(encodeTokenRequest({ id, method, params }), (error) => {
      if (error instanceof Error) reject(new NoReplyError(error.message));
    });
    if (!this.isOpen) reject(new NoReplyError("the connection has ended"));
    return promise;
  }

  #onText(text: string): void {
    const decoded = decodeToken(text, { role: "device", limits: defaultLimits });
    if (!decoded.ok) throw new Error(`the ACS sends what is no token: ${text}`);
    const token = decoded.value;
    if (token.kind === "answer") this.#waiting.get(String(token.id))?.resolve(token.result);
    else if (token.kind === "fault") {
      const { code, message } = token.fault;
      this.#waiting.get(String(token.id))?.reject(new RefusedError(`fault ${code}: ${message}`));
    } else if (token.kind === "request" && this.#serving !== undefined) {
      this.#run(token, this.#serving);
    } else if (token.kind === "request") this.#early.push(text);
    else throw new Error(`the ACS asks for what nobody can do: ${text}`);
  }

  #run(
    request: DeviceRequest & { readonly id: string | number | undefined; readonly positional?: true },
    serving: Serving,
  ): void {
    const { replayWindow, answers } = serving;
    const id = String(request.id);
    const answer = answers.get(id) ?? this.#answer(id, request, serving.run(request));
    answers.delete(id);
    answers.set(id, answer);
    for (const oldest of answers.keys()) if (answers.size > replayWindow) answers.delete(oldest);
    this.#socket.send(answer, () => serving.served());
  }

  #answer(
    id: string,
    request: DeviceRequest & { readonly positional?: true },
    { method, result }: DeviceAnswer,
  ): string {
    const isPositional = request.positional === true && request.method === "GetParameterValues";
    if (!isPositional || method !== "GetParameterValues") return encodeTokenAnswer(id, result);
    return encodeTokenAnswer(id, positionalAnswer(request.params.ParameterNames, result.ParameterList));
  }

  #end(): void {
    for (const { reject } of this.#waiting.values()) reject(new NoReplyError("the connection ended"));
    this.#waiting.clear();
  }
}
