// Ticks at the interval, in milliseconds, that it is sent first. Workers keep their pace while their page is hidden.
self.onmessage = (event: MessageEvent<number>) => {
  setInterval(() => self.postMessage(undefined), event.data);
};
