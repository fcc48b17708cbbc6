/** What a server's metrics are now, read as Prometheus reads them: by the name with its labels, as they are written. */
export async function readMetrics({
  northboundUrl,
  token,
}: {
  readonly northboundUrl: string;
  readonly token: string;
}): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`${northboundUrl}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`the metrics were refused with ${answer.status}`);
  const lines = (await answer.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}
