"""Where sealed versions lie: immutable blobs under random names, in a folder or in Azure."""
