declare const brand: unique symbol;

/** A string that only its own maker may mint, so that two kinds of id cannot be mixed up. */
export type Brand<T, B extends string> = T & { readonly [brand]: B };
