/**
 * For what several processes or sockets bring about and nothing announces: looks again until it
 * is so. Fails with what the last look found wrong.
 */
export async function eventually(
  look: () => unknown,
  withinMs = 15_000,
  everyMs = 5,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      await look();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }
}
