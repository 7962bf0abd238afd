#!/bin/sh
# Makes the test clips beside this script: 8 s of ffmpeg's moving test picture with a 440 Hz tone, a key picture each second if not said otherwise.
# The same ffmpeg writes the same bytes each time (one thread, no dates, no version strings); another version may not.
# Needs ffmpeg with libx264, libvpx-vp9 and libopus.
set -eu
cd "$(dirname "$0")"

picture='testsrc2=size=640x360:rate=30:duration=8'
tone='sine=frequency=440:sample_rate=48000:duration=8'
exact='-threads 1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -map_metadata -1'

make_clip() { # name, then codec options
  name=$1
  shift
  # shellcheck disable=SC2086
  ffmpeg -hide_banner -loglevel error -y -f lavfi -i "$picture" -f lavfi -i "$tone" "$@" $exact "$name"
}

# What most telephones and cameras write; `high` reorders pictures (two B-frames), so sending and showing order differ.
make_clip h264-aac.mp4 \
  -c:v libx264 -profile:v high -bf 2 -preset medium -b:v 320k -maxrate 360k -bufsize 360k -g 30 -keyint_min 30 -sc_threshold 0 \
  -pix_fmt yuv420p -c:a aac -b:a 32k -ac 1 -movflags +faststart

# What browsers record.
make_clip vp9-opus.webm \
  -c:v libvpx-vp9 -b:v 320k -maxrate 360k -bufsize 360k -deadline good -cpu-used 4 -row-mt 0 -g 30 -keyint_min 30 \
  -pix_fmt yuv420p -c:a libopus -b:a 32k -ac 1

# One key picture at the beginning and none after it, as screen recorders and film archives write: nobody could join in between.
make_clip sparse-keys.mp4 \
  -vf scale=320:180 -c:v libx264 -profile:v main -bf 2 -preset medium -b:v 100k -maxrate 120k -bufsize 120k -g 1000 -keyint_min 1000 \
  -sc_threshold 0 -pix_fmt yuv420p -c:a aac -b:a 32k -ac 1 -movflags +faststart

# Sound alone.
make_clip sound.ogg -vn -c:a libopus -b:a 24k -ac 1
