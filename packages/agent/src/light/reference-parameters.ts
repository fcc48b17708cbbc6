import type { Declarations } from "../object-tree.ts";
import { advertisesBy } from "./light-options.ts";
import type { LightSettings } from "./light-options.ts";
import { USUAL_LIFE_SECONDS } from "./reference.ts";
import type { GivenReference } from "./reference.ts";

/**
 * The parameters by which a device advertises light and takes a reference, for an ACS that writes parameters more easily
 * than SOAP headers [LIGHT 1]. The reference is kept in no state: a device that boots is referred anew.
 */
export class ReferenceParameters {
  #url = "";
  #token = "";

  /** `server` is the object ManagementServer. */
  declarations(server: string, light: LightSettings): Declarations {
    const subprotocols = light.subprotocols.join(" ");
    return {
      ...(advertisesBy(light, "parameter")
        ? { [`${server}X_HELIOGRAPH_WebSocketSubprotocols`]: subprotocols }
        : {}),
      [`${server}X_HELIOGRAPH_WebSocketURL`]: {
        type: "string",
        writable: true,
        get: () => this.#url,
        onSet: (url: string) => {
          this.#url = url;
        },
      },
      [`${server}X_HELIOGRAPH_WebSocketToken`]: {
        type: "string",
        writable: true,
        hidden: true,
        get: () => this.#token,
        onSet: (token: string) => {
          this.#token = token;
        },
      },
    };
  }

  /** What was set since it was taken last; undefined where that is no token. */
  take(): GivenReference | undefined {
    const token = this.#token;
    this.#token = "";
    if (token === "") return undefined;
    return { url: this.#url, subprotocol: undefined, token, expiresIn: USUAL_LIFE_SECONDS };
  }
}
