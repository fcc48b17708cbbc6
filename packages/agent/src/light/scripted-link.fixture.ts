import type { Link, LinkListener, LinkMessage, LightTransport } from "./link.ts";

/** A link whose other side is a test. */
export class ScriptedLink implements Link {
  /** What was sent over it, oldest first. */
  readonly sent: LinkMessage[] = [];
  /** How the device ended it. */
  ended: number | "dropped" | undefined;
  #isTaking = true;
  readonly #handed: ((isHanded: boolean) => void)[] = [];

  send(message: LinkMessage, handed: (isHanded: boolean) => void): void {
    this.sent.push(message);
    if (this.#isTaking) handed(true);
    else this.#handed.push(handed);
  }

  /** From now on what is sent stays on the device's side. */
  clog(): void {
    this.#isTaking = false;
  }

  /** What was sent meanwhile is taken over, or is not. */
  unclog(isHanded: boolean): void {
    this.#isTaking = isHanded;
    for (const handed of this.#handed.splice(0)) handed(isHanded);
  }

  close(code: number): void {
    this.ended = code;
  }

  drop(): void {
    this.ended = "dropped";
  }

  /** The messages since they were taken last. */
  take(): readonly unknown[] {
    return this.sent.splice(0).map((message): unknown => JSON.parse(String(message)));
  }
}

/** Gives a link to whoever opens one, and lets a test speak for it. */
export class ScriptedTransport implements LightTransport {
  readonly link = new ScriptedLink();
  #listener: LinkListener | undefined;

  open(_target: unknown, listener: LinkListener): Link {
    this.#listener = listener;
    return this.link;
  }

  get listener(): LinkListener {
    if (this.#listener === undefined) throw new Error("nobody opened a link");
    return this.#listener;
  }
}
