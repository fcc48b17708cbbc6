import { request, type Agent } from "node:http";

const INFORM = "x".repeat(2_600);

/** One POST as big as an Inform, answered by whatever listens there. */
export function post(port: number, agent: Agent): Promise<undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const sent = request({ port, host: "127.0.0.1", method: "POST", agent }, (response) => {
    response.resume().once("end", () => {
      resolve(undefined);
    });
  });
  sent.once("error", reject).end(INFORM);
  return promise;
}
