/** True when a GET is answered with a 2xx within the limit. */
export const answers = async (url: string, timeoutMs = 1_000): Promise<boolean> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
};
