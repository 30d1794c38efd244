"""What the loaders of tiles and meshes share: reading glTF, and placing what is in local metres."""
