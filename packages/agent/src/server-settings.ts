import { compressions } from "./contact/classic-service.ts";
import type { Compression } from "./contact/classic-service.ts";
import type { Credentials } from "./credentials.ts";
import type { DataModel } from "./data-model.ts";
import type { LightweightSettings } from "./lightweight-notifications.ts";

/** What a device's parameters below ManagementServer say, as they are when they are asked for. */
export class ServerSettings {
  readonly #model: DataModel;

  constructor(model: DataModel) {
    this.#model = model;
  }

  /** Where they are: `Device.ManagementServer.`. */
  get path(): string {
    return `${this.#model.root}ManagementServer.`;
  }

  text(name: string): string {
    return String(this.#model.get(this.path + name) ?? "");
  }

  number(name: string): number {
    return Number(this.#model.get(this.path + name) ?? 0);
  }

  isTrue(name: string): boolean {
    return this.#model.get(this.path + name) === true;
  }

  /** Undefined where there is no user name. */
  credentials(
    username: "Username" | "ConnectionRequestUsername",
    password: "Password" | "ConnectionRequestPassword",
  ): Credentials | undefined {
    const name = this.text(username);
    return name === "" ? undefined : { username: name, password: this.text(password) };
  }

  /** What messages to the ACS are compressed by; undefined where they are not. */
  get compression(): Compression | undefined {
    const used = this.text("HTTPCompression");
    return compressions.find((each) => each === used);
  }

  /** Lightweight notifications go to the ACS's own host unless another is named [TR-181]. */
  get lightweight(): LightweightSettings {
    return {
      protocols: this.text("LightweightNotificationProtocolsUsed"),
      host: this.text("UDPLightweightNotificationHost") || this.acsHost,
      port: this.number("UDPLightweightNotificationPort"),
      username: this.text("Username"),
    };
  }

  /** The host of the ACS's URL, an IPv6 address without its brackets. */
  get acsHost(): string {
    return new URL(this.text("URL")).hostname.replace(/^\[|\]$/g, "");
  }
}
