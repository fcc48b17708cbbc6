import { once } from "node:events";
import { MessageChannel, Worker } from "node:worker_threads";
import { StoreBusyError, StoreFailedError, unreachable } from "../ports/index.ts";
import { writeDocument, type Document } from "./document.ts";
import { errorOf, openingTrouble } from "./failure.ts";
import type { AnswerOf, AskOf, QueryType } from "./queries.ts";
import { serveWriter } from "./serve-writer.ts";
import type {
  SqliteSettings,
  WorkerAnswer,
  WorkerAsk,
  WorkerReply,
  WorkerSettings,
} from "./sqlite-worker-messages.ts";
import type { AskedChange } from "./written-change.ts";

type Answer<T extends WorkerAnswer["type"]> = Extract<WorkerAnswer, { readonly type: T }>;

const WORKER = new URL("./sqlite-worker.ts", import.meta.url);

interface Open {
  readonly resolve: (answer: WorkerAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** What leads to a writer. */
interface WriterEnd {
  readonly post: (ask: WorkerAsk) => void;
  /** Settles once the writer is gone. */
  readonly gone: Promise<unknown>;
}

/** The store's end of its writer. */
export class SqliteWriter {
  readonly #end: WriterEnd;
  readonly #maxOpen: number;
  readonly #open = new Map<number, Open>();
  #lastId = 0;
  #broken: StoreFailedError | undefined;

  private constructor(end: WriterEnd, maxOpen: number) {
    this.#end = end;
    this.#maxOpen = maxOpen;
    void end.gone.then(() => {
      this.#break(new StoreFailedError("the store's thread has ended"));
    });
  }

  /**
   * Starts one in a thread of its own. Resolves once the schema is up to date; then at most `maxOpen` questions may be open at
   * once.
   */
  static async start(
    settings: WorkerSettings,
    { maxOpen, entry = WORKER }: { readonly maxOpen: number; readonly entry?: URL },
  ): Promise<SqliteWriter> {
    const worker = new Worker(entry);
    worker.postMessage(settings);
    try {
      await once(worker, "message");
    } catch (error) {
      throw failedOpening(settings, error);
    }
    const { promise: gone, resolve: onExit } = Promise.withResolvers<unknown>();
    const writer = new SqliteWriter({ post: (ask) => worker.postMessage(ask), gone }, maxOpen);
    worker.on("message", (reply: WorkerReply) => {
      writer.#settle(reply);
    });
    worker.on("error", (error) => {
      writer.#break(new StoreFailedError("the store's thread broke", { cause: error }));
    });
    worker.on("exit", onExit);
    return writer;
  }

  /** The same in the caller's thread, whose turns wait for the disk. */
  static startHere(settings: WorkerSettings, { maxOpen }: { readonly maxOpen: number }): SqliteWriter {
    const { port1: ours, port2: writers } = new MessageChannel();
    try {
      serveWriter(writers, settings);
    } catch (error) {
      writers.close();
      throw failedOpening(settings, error);
    }
    const { promise: gone, resolve: onClose } = Promise.withResolvers<unknown>();
    const writer = new SqliteWriter({ post: (ask) => ours.postMessage(ask), gone }, maxOpen);
    ours.on("message", (reply: WorkerReply) => {
      writer.#settle(reply);
    });
    ours.on("close", onClose);
    return writer;
  }

  commit(changes: readonly AskedChange[]): Promise<Answer<"committed">> {
    return this.#ask("committed", (id) => ({ id, type: "commit", changes }));
  }

  /** Gives the answer as the text it crossed the thread in. */
  async query<T extends QueryType>(type: T, ask: AskOf<T>): Promise<Document<AnswerOf<T>>> {
    const query = { type, ask: writeDocument(ask) };
    const { answer } = await this.#ask("answered", (id) => ({ id, type: "query", query }));
    return answer;
  }

  async settings(): Promise<SqliteSettings> {
    const { settings } = await this.#ask("settings", (id) => ({ id, type: "settings" }));
    return settings;
  }

  /** A thread that broke is closed already. */
  async close(): Promise<void> {
    if (this.#broken !== undefined) return;
    await this.#ask("closed", (id) => ({ id, type: "close" }));
    await this.#end.gone;
  }

  async #ask<T extends WorkerAnswer["type"]>(type: T, ask: (id: number) => WorkerAsk): Promise<Answer<T>> {
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#open.size >= this.#maxOpen) throw new StoreBusyError(`${this.#maxOpen} questions wait already`);
    this.#lastId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<WorkerAnswer>();
    this.#open.set(this.#lastId, { resolve, reject });
    this.#end.post(ask(this.#lastId));
    const answer = await promise;
    if (!isOf(answer, type))
      throw new StoreFailedError(`the store's thread answered ${answer.type}, not ${type}`);
    return answer;
  }

  #settle(reply: WorkerReply): void {
    switch (reply.type) {
      case "ready":
        return;
      case "reply":
        this.#open.get(reply.id)?.resolve(reply.answer);
        this.#open.delete(reply.id);
        return;
      case "failure":
        this.#open.get(reply.id)?.reject(errorOf(reply.failure));
        this.#open.delete(reply.id);
        return;
      default:
        unreachable(reply);
    }
  }

  #break(error: StoreFailedError): void {
    this.#broken ??= error;
    for (const { reject } of this.#open.values()) reject(error);
    this.#open.clear();
  }
}

function failedOpening({ path }: WorkerSettings, error: unknown): StoreFailedError {
  return new StoreFailedError(`cannot open the store at ${path}: ${openingTrouble(error)}`, { cause: error });
}

function isOf<T extends WorkerAnswer["type"]>(answer: WorkerAnswer, type: T): answer is Answer<T> {
  return answer.type === type;
}
