/** Where a file is chosen or dropped. */
import { useState } from 'preact/hooks';

export function FileField({
  fileName,
  onFile,
}: {
  fileName: string | undefined;
  onFile: (file: File | undefined) => void;
}) {
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    onFile(event.dataTransfer?.files[0]);
  };
  const hover = (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  };
  return (
    <label
      class={`drop ${over ? 'drop-over' : ''}`}
      onDragOver={hover}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <input
        class="visually-hidden"
        type="file"
        accept="video/*,audio/*,.mkv,.webm,.mp4,.mov"
        onChange={(event) => onFile(event.currentTarget.files?.[0])}
      />
      <span>Choose a video file, or drop it here</span>
      {fileName && <bdi class="drop-name">{fileName}</bdi>}
    </label>
  );
}
