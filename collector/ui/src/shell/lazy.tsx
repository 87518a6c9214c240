// Views that come when they are opened first: the map alone is what people wait for.

import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): (props: P) => JSX.Element {
  let loaded: ComponentType<P> | null = null;
  return function Lazy(props: P): JSX.Element {
    const [state, set] = useState<{ View: ComponentType<P> | null; error: string }>({ View: loaded, error: "" });
    useEffect(() => {
      if (loaded) return;
      load().then(
        (View) => {
          loaded = View;
          set({ View, error: "" });
        },
        () => set({ View: null, error: "This part of the page could not be loaded; reload the page." }),
      );
    }, []);
    const { View, error } = state;
    return View ? <View {...props} /> : <p class="hint waiting">{error || "Opening …"}</p>;
  };
}
