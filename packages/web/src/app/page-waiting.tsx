/** The shape of a page while its code is under way. Not for data: lists and panels have skeletons of their own. */
import { Skeleton, Stack } from '@mantine/core'

/** A heading and some lines. */
export const PageWaiting = () => (
  <Stack p="md" gap="md" aria-hidden>
    <Skeleton h={28} w={220} />
    <Skeleton h={36} />
    <Skeleton h={320} />
  </Stack>
)
