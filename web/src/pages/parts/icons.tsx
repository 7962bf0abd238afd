/** Signs for buttons, 24 × 24, drawn with the colour of the text. The button says what it does; the sign is not read. */
import type { ComponentChildren } from 'preact';

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {children}
    </svg>
  );
}

export const PlayIcon = () => (
  <Icon>
    <path class="icon-full" d="M8 5.500v13l10.500-6.500z" />
  </Icon>
);

export const PauseIcon = () => (
  <Icon>
    <path class="icon-full" d="M7 5.500h3.500v13H7zM13.500 5.500H17v13h-3.500z" />
  </Icon>
);

const speaker = 'M4 9.500h3.500L12 5.500v13l-4.500-4H4z';

export const SoundIcon = () => (
  <Icon>
    <path class="icon-full" d={speaker} />
    <path d="M15 9.300a4 4 0 0 1 0 5.400M17.500 6.800a7.500 7.500 0 0 1 0 10.400" />
  </Icon>
);

export const MutedIcon = () => (
  <Icon>
    <path class="icon-full" d={speaker} />
    <path d="M15.500 9.500l5 5M20.500 9.500l-5 5" />
  </Icon>
);

export const FullScreenIcon = () => (
  <Icon>
    <path d="M4.500 9V4.500H9M15 4.500h4.500V9M19.500 15v4.500H15M9 19.500H4.500V15" />
  </Icon>
);

export const LeaveFullScreenIcon = () => (
  <Icon>
    <path d="M9 4.500V9H4.500M19.500 9H15V4.500M15 19.500V15h4.500M4.500 15H9v4.500" />
  </Icon>
);

export const PictureInPictureIcon = () => (
  <Icon>
    <path d="M11 18.500H4.500v-13h15V11" />
    <path class="icon-full" d="M13 13h7.500v5.500H13z" />
  </Icon>
);

export const KeyboardIcon = () => (
  <Icon>
    <path d="M3.500 6.500h17v11h-17zM7 10h.01M10.300 10h.01M13.700 10h.01M17 10h.01M8 14h8" />
  </Icon>
);
