/** A button that saves a file from the API, and says when that went wrong. */
import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { notifyError } from './notify-error.tsx'
import { Icon } from './icon.tsx'
import { saveFile } from './save-file.ts'

type Props = {
  readonly label: string
  /** The file's name. */
  readonly name: string
  readonly load: () => Promise<Response>
}

/** It shows that the file is under way. */
export const SaveButton = ({ label, name, load }: Props) => {
  const save = useMutation({
    mutationFn: async () => await saveFile(load(), name),
    onError: notifyError,
  })
  return (
    <Button
      variant="default"
      leftSection={<Icon name="download" />}
      loading={save.isPending}
      onClick={() => save.mutate()}
    >
      {label}
    </Button>
  )
}
