/** Resolves once every socket has been told so often. */
export class Hearing {
  #left = 0;
  #done = Promise.withResolvers<undefined>();

  expect(count: number): Promise<undefined> {
    this.#left = count;
    this.#done = Promise.withResolvers();
    return this.#done.promise;
  }

  heard(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#done.resolve(undefined);
  }
}
