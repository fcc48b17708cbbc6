import { Client, StompConfig, StompHeaders } from "@stomp/stompjs";
import type { IFrame, IMessage } from "@stomp/stompjs";
import { Arrivals } from "@heliograph/testkit";
import { WebSocket } from "ws";

/** Where and with what a manager connects. */
export interface ManagerDoor {
  readonly northboundUrl: string;
  readonly token: string;
}

/** What a manager was answered. */
export interface Told {
  readonly requestId: string;
  readonly status: string;
  readonly operation: string | undefined;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface ManagerOptions {
  /** The token goes with the handshake, and not with CONNECT. */
  readonly byHeader?: boolean;
  readonly binary?: boolean;
  readonly protocols?: readonly string[];
}

export type Rpc = readonly [method: string, params: object];
type Headers = Readonly<Record<string, string>>;

/** A public STOMP client as a manager. */
export class StompManager implements AsyncDisposable {
  readonly answers = new Arrivals<Told>("an answer");
  readonly receipts = new Arrivals<string>("a receipt");
  readonly errors = new Arrivals<IFrame>("an ERROR");
  readonly closes = new Arrivals<number>("the end of the connection");
  readonly client: Client;
  readonly #connected = Promise.withResolvers<undefined>();
  #asked = 0;

  private constructor({ northboundUrl, token }: ManagerDoor, options: ManagerOptions) {
    const { byHeader = false, binary = false, protocols = ["v12.stomp"] } = options;
    const url = new URL("/manage", northboundUrl.replace(/^http/, "ws"));
    const headers = byHeader ? { Authorization: `Bearer ${token}` } : {};
    this.client = new Client(
      Object.assign(new StompConfig(), {
        webSocketFactory: () => new WebSocket(url, [...protocols], { headers }),
        connectHeaders: headersOf(byHeader ? {} : { passcode: token }),
        heartbeatIncoming: 0,
        heartbeatOutgoing: 0,
        reconnectDelay: 0,
        forceBinaryWSFrames: binary,
        onConnect: () => this.#connected.resolve(undefined),
        onStompError: (frame: IFrame) => this.errors.add(frame),
        onWebSocketClose: ({ code }: { code: number }) => {
          this.closes.add(code);
          this.#connected.reject(new Error(`closed with ${code}`));
        },
      }),
    );
    this.#connected.promise.catch(() => undefined);
  }

  /** Connects and listens for answers. */
  static async connect(door: ManagerDoor, options: ManagerOptions = {}): Promise<StompManager> {
    const manager = new StompManager(door, options);
    manager.client.activate();
    await manager.#connected.promise;
    manager.client.subscribe("/user/responses", (message) => manager.answers.add(told(message)));
    return manager;
  }

  /** Whether it is let in at all: the code with which it is closed if not. */
  static async refused(door: ManagerDoor, options: ManagerOptions = {}): Promise<number> {
    const manager = new StompManager(door, options);
    manager.client.activate();
    const code = await manager.closes.take();
    await manager.client.deactivate();
    return code;
  }

  /** Asks a device for an RPC; `headers`: of the SEND, besides those that it needs. */
  ask(device: string, [method, params]: Rpc, headers: Headers = {}): void {
    this.send(device, { method, "content-type": "application/json", ...headers }, JSON.stringify(params));
  }

  send(device: string, headers: Headers, body: string): void {
    this.client.publish({ destination: `/device/${device}/requests`, headers: headersOf(headers), body });
  }

  /** A receipt's id that was never used, and which is told when it comes. */
  receipt(): string {
    const id = `receipt-${(this.#asked += 1)}`;
    this.client.watchForReceipt(id, () => this.receipts.add(id));
    return id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.deactivate({ force: true });
  }
}

export function headersOf(headers: Headers): StompHeaders {
  return Object.assign(new StompHeaders(), headers);
}

function told({ headers, body }: IMessage): Told {
  return {
    requestId: headers["request-id"] ?? "",
    status: headers["status"] ?? "",
    operation: headers["operation"],
    body,
    headers: Object.fromEntries(Object.entries(headers)),
  };
}
