import { setTimeout as delay } from "node:timers/promises";
import { HttpDialogue, PATIENCE_MS } from "@heliograph/testkit";
import { openConnectionRequestServer, type ConnectionRequestServer } from "@heliograph/agent/node";
import type { DeviceKey } from "@heliograph/protocol";
import { isBroken } from "./broken-link.ts";
import { within } from "./deadline.ts";
import type { DeviceLedger } from "./device-ledger.ts";
import { holdSession, SessionRefusedError } from "./device-session.ts";
import { DialogBehaviour } from "./dialog-behaviour.ts";
import type { Life, Supervisor } from "./supervisor.ts";

export interface DialogDeviceOptions {
  readonly supervisor: Supervisor;
  readonly serialNumber: string;
  readonly ledger: DeviceLedger;
}

/** Several sessions, one after the other, with the server's restarts between them. */
const LONG_WORK_MS = 120_000;
/** Nothing tells when a server takes sessions again: one that was refused or broken is tried again after this time, and so often. */
export const AGAIN_MS = 50;
export const MOST_RETRIES = 400;

/**
 * A device that acts by itself: it informs of what happens to it until a session ended well, and tries again soon when it is
 * refused or a link breaks, once the server is there.
 */
export class DialogDevice implements AsyncDisposable {
  readonly #options: DialogDeviceOptions;
  readonly #behaviour: DialogBehaviour;
  #endpoint: ConnectionRequestServer | undefined;
  #work: Promise<void> | undefined;
  #failure: Error | undefined;

  constructor(options: DialogDeviceOptions) {
    this.#options = options;
    this.#behaviour = new DialogBehaviour(options.serialNumber, options.ledger);
  }

  get key(): DeviceKey {
    return this.#behaviour.key;
  }

  /** CommandKeys of the transfers whose TransferComplete was answered. */
  get reported(): readonly string[] {
    return this.#behaviour.reported;
  }

  /** Listens for connection requests from now on. */
  async listen(): Promise<void> {
    this.#endpoint = await openConnectionRequestServer({
      credentials: () => this.#behaviour.expected,
      onConnectionRequest: () => this.inform("6 CONNECTION REQUEST"),
      limit: { requests: Infinity, periodMs: 1_000 },
    });
  }

  /** Has a transfer to report that nobody asked for by an RPC of this run. */
  transferred(commandKey: string): void {
    this.#behaviour.transferred(commandKey);
    this.#work ??= this.#comply();
  }

  /** Something happened; the ACS will hear of it. */
  inform(...codes: readonly string[]): void {
    this.#behaviour.note(...codes.map((EventCode) => ({ EventCode, CommandKey: "" })));
    this.#work ??= this.#comply();
  }

  /** Resolves once the ACS has heard of all that happened. Rejects with what went wrong with a session. */
  async idle(): Promise<void> {
    while (this.#work !== undefined) {
      await within(this.#work, `the sessions of ${this.key} to end`, LONG_WORK_MS);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endpoint?.close();
  }

  async #comply(): Promise<void> {
    try {
      while (this.#behaviour.events.length > 0) await this.#complete();
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#behaviour.giveUp();
    } finally {
      this.#work = undefined;
    }
  }

  /** Sessions until one ended well. */
  async #complete(): Promise<void> {
    for (let retries = 0; ; retries += 1) {
      const life = await this.#options.supervisor.up();
      const informed = this.#behaviour.events;
      const failure = await this.#attempt(life, retries);
      if (failure === undefined) {
        this.#behaviour.told(informed);
        return;
      }
      if (retries === MOST_RETRIES) throw failure;
      await delay(AGAIN_MS);
    }
  }

  /** One session; why it did not end well, where the ACS refused it or the link broke. */
  async #attempt(life: Life, retries: number): Promise<Error | undefined> {
    try {
      await this.#hold(life, retries);
      return undefined;
    } catch (error) {
      if (error instanceof SessionRefusedError || isBroken(error)) return error;
      throw error;
    } finally {
      this.#behaviour.reboot();
    }
  }

  async #hold(life: Life, retries: number): Promise<void> {
    const dialogue = new HttpDialogue({
      url: life.acsUrl,
      credentials: this.#behaviour.credentials ?? life.firstContact,
      patienceMs: PATIENCE_MS,
    });
    try {
      await holdSession(dialogue, {
        inform: this.#behaviour.informRequest(retries, this.#endpoint?.url ?? ""),
        nextRequest: () => this.#behaviour.transferComplete(),
        answered: () => this.#behaviour.isReported(),
        run: (request) => this.#behaviour.run(request),
      });
    } finally {
      dialogue.cut();
    }
  }
}
