import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isHostReport, type HostOrder, type HostReport, type Listening } from "./host-messages.ts";

const ENTRY = fileURLToPath(new URL("./killable-server.ts", import.meta.url));
/** With it, a host stands by twice as fast. */
const COMPILE_CACHE = fileURLToPath(
  new URL("../../../node_modules/.cache/heliograph-hosts", import.meta.url),
);
/** Of what a host says on standard error, the end is kept. */
const KEPT_CHARS = 20_000;

/** How a host's process ended: by a signal, or with a code. */
export type Ending = NodeJS.Signals | number;

/** The host's process ended before it did what it was told. */
export class HostEndedError extends Error {
  override readonly name = "HostEndedError";
  readonly code = "E_HOST_ENDED";
}

/** One process that can run one server at a time. */
export class ServerHost {
  readonly #child: ChildProcess;
  readonly #ended = Promise.withResolvers<Ending>();
  #next = Promise.withResolvers<HostReport>();
  #complaints = "";
  #isEnded = false;

  /** `under` is a command that starts other commands, such as a tracer, with its arguments. */
  constructor(under: readonly string[] = []) {
    const [tracer, ...given] = under;
    const env = { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE };
    const plain = [process.execPath, ENTRY] as const;
    const [command, ...rest] = tracer === undefined ? plain : ([tracer, ...given, ...plain] as const);
    this.#child = spawn(command, rest, { stdio: ["ignore", "ignore", "pipe", "ipc"], env });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#complaints = `${this.#complaints}${text}`.slice(-KEPT_CHARS);
    });
    this.#child.on("message", (message) => {
      if (isHostReport(message)) this.#next.resolve(message);
    });
    this.#child.once("exit", (code, signal) => {
      this.#isEnded = true;
      this.#ended.resolve(signal ?? code ?? 0);
      this.#next.reject(new HostEndedError(`the host ended (${signal ?? code ?? 0}): ${this.#complaints}`));
    });
    this.#next.promise.catch(() => undefined);
  }

  /** Of its process; undefined where that could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What it said on standard error, the end of it. */
  get complaints(): string {
    return this.#complaints;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Resolves when the process has ended. */
  get ended(): Promise<Ending> {
    return this.#ended.promise;
  }

  /** Resolves once it can be told to start. Rejects with {@link HostEndedError}. */
  async standingBy(): Promise<void> {
    await this.#expect("standing-by");
  }

  /** Resolves once the server listens. Rejects with {@link HostEndedError}, or with what the server could not do. */
  async start(order: Omit<Extract<HostOrder, { type: "start" }>, "type">): Promise<Listening> {
    this.#tell({ type: "start", ...order });
    const { listening } = await this.#expect("listening");
    return listening;
  }

  /** Resolves once the server has stopped; then it can start another. Rejects with {@link HostEndedError}. */
  async stop(): Promise<void> {
    this.#tell({ type: "stop" });
    await this.#expect("stopped");
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #tell(order: HostOrder): void {
    if (this.#isEnded) return;
    this.#next = Promise.withResolvers();
    this.#next.promise.catch(() => undefined);
    this.#child.send(order, () => undefined);
  }

  async #expect<T extends HostReport["type"]>(type: T): Promise<Extract<HostReport, { type: T }>> {
    const report = await this.#next.promise;
    if (isOf(report, type)) return report;
    throw new Error(report.type === "failed" ? report.error : `the host says ${report.type}, not ${type}`);
  }
}

function isOf<T extends HostReport["type"]>(
  report: HostReport,
  type: T,
): report is Extract<HostReport, { type: T }> {
  return report.type === type;
}
