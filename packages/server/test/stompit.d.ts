/** As much of the public client as our tests use; it brings no types of its own. */
declare module "stompit" {
  type Headers = Readonly<Record<string, string | number>>;

  export interface Message {
    readonly headers: Readonly<Record<string, string>>;
    readString(
      encoding: BufferEncoding,
      listener: (error: Error | null, body: string | undefined) => void,
    ): void;
  }

  export interface SendOptions {
    readonly onReceipt?: () => void;
  }

  export interface Transaction {
    send(headers: Headers): NodeJS.WritableStream;
    commit(options?: SendOptions): void;
  }

  export interface Client {
    readonly headers: Readonly<Record<string, string>>;
    subscribe(headers: Headers, listener: (error: Error | null, message: Message) => void): void;
    sendString(headers: Headers, body: string, options?: SendOptions): void;
    begin(): Transaction;
    ack(message: Message): void;
    disconnect(listener: (error: Error | null) => void): void;
    destroy(): void;
    on(event: "error", listener: (error: Error) => void): void;
  }

  export interface ConnectOptions {
    readonly host: string;
    readonly port: number;
    readonly connectHeaders: Headers;
    readonly ssl?: boolean;
    readonly ca?: string;
    readonly servername?: string;
  }

  const stompit: {
    connect(options: ConnectOptions, listener: (error: Error | null, client: Client) => void): Client;
  };
  export default stompit;
}
