/** The result of the promise, or that of `late` if it takes longer; the promise is not stopped. */
export async function within<T>(
  promise: Promise<T>,
  milliseconds: number,
  late: () => T,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late()), milliseconds);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
